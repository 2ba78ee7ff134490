-- Shows all notes of new tracks. Lua has no call for a track's range of keys, but Ardour itself fits it to regions that
-- come while it imports: while an undo step of that name is open. So each new track is drawn anew within such a step,
-- which is dropped: it holds no change.

local fit = {}

-- How Ardour calls the step in its languages (libardour's po files, 7.3 to 9.8).
local NAMES = {
  cs = { 'Vložit soubor' }, de = { 'Datei einfügen' }, es = { 'inserar archivo' }, eu = { 'txertatu fitxategia' },
  fr = { 'Insérer un fichier', 'insérer un fichier' }, it = { 'inserisci file' }, ja = { 'ファイルを挿入' },
  ko = { '파일 삽입', '파일 삽입하기' }, nn = { 'set inn fil' }, pl = { 'dodanie pliku' }, ru = { 'Вставка файла' },
  sv = { 'infoga fil' }, zh = { '插入文件' },
}
local ENGLISH = 'insert file'
-- Where a system says its language, the strongest first.
local VARIABLES = { 'LANGUAGE', 'LC_ALL', 'LC_MESSAGES', 'LANG' }

-- The names that the step may have here: the English one, and those of the user's language, or all where that is not
-- to be known.
function fit.names(getenv)
  local found, language = { ENGLISH }, nil
  for _, variable in ipairs(VARIABLES) do
    local value = getenv(variable)
    if value and value ~= '' then
      language = value
      break
    end
  end
  for code, names in pairs(NAMES) do
    if not language or language:sub(1, 2) == code then table.move(names, 1, #names, #found + 1, found) end
  end
  return found
end

-- Whether a playlist holds any region; a track without notes keeps the range of Ardour's preferences.
local function has_regions(playlist)
  return playlist:n_regions() > 0
end

-- Fits the ranges of tracks that have their regions. Outside of any undo step of ours.
function fit.show(tracks)
  for _, name in ipairs(fit.names(os.getenv)) do
    Session:begin_reversible_command(name)
    for _, track in ipairs(tracks) do
      local playlist = track:playlist()
      if has_regions(playlist) then track:use_playlist(ARDOUR.DataType('midi'), playlist, false) end
    end
    Session:abort_reversible_command()
  end
end

return fit
