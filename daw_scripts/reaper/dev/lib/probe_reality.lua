-- What the simulation has to guess: media in the background, undo, Windows' files, focus, levels, menus.

local RATE = 44100

local function undo_name()
  return tostring(reaper.Undo_CanUndo2(0))
end

-- All parameters of a plug-in with their values as it shows them.
local function parameters(name)
  reaper.InsertTrackAtIndex(0, false)
  local track = reaper.GetTrack(0, 0)
  local fx = reaper.TrackFX_AddByName(track, name, false, -1)
  if fx < 0 then return 'MISSING' end
  local lines = {}
  for index = 0, reaper.TrackFX_GetNumParams(track, fx) - 1 do
    local _, title = reaper.TrackFX_GetParamName(track, fx, index, '')
    local value = reaper.TrackFX_GetParamNormalized(track, fx, index)
    local shown = {}
    for _, at in ipairs { 0, 0.25, 0.5, 0.75, 1 } do
      shown[#shown + 1] = tostring(select(2, reaper.TrackFX_FormatParamValueNormalized(track, fx, index, at, '')))
    end
    lines[#lines + 1] = ('%d %s = %.4f; at 0 1/4 1/2 3/4 1: %s'):format(index, title, value, table.concat(shown, ' | '))
  end
  local _, chunk = reaper.GetTrackStateChunk(track, '', false)
  lines[#lines + 1] = 'chunk: ' .. (chunk:match('<FXCHAIN.*') or ''):sub(1, 1500):gsub('\n', '\n    ')
  return table.concat(lines, '\n    ')
end

local function item_with_tone()
  local path = reaper.GetProjectPath('') .. '/dawscribe_probe_noise.wav'
  reaper.RecursiveCreateDirectory(reaper.GetProjectPath(''), 0)
  local data = ('\0\64'):rep(RATE * 2)
  local handle = assert(io.open(path, 'wb'))
  handle:write('RIFF', string.pack('<I4', 36 + #data), 'WAVEfmt ',
    string.pack('<I4I2I2I4I4I2I2', 16, 1, 1, RATE, RATE * 2, 2, 16), 'data', string.pack('<I4', #data), data)
  handle:close()
  reaper.InsertTrackAtIndex(0, false)
  local item = reaper.AddMediaItemToTrack(reaper.GetTrack(0, 0))
  local take = reaper.AddTakeToMediaItem(item)
  local source = reaper.PCM_Source_CreateFromFile(path)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 2)
  reaper.SelectAllMediaItems(0, false)
  reaper.SetMediaItemSelected(item, true)
  return item, take, source
end

local function accessor_answer(take)
  local accessor, buffer = reaper.CreateTakeAudioAccessor(take), reaper.new_array(512)
  buffer.clear()
  local answer = reaper.GetAudioAccessorSamples(accessor, RATE, 1, 0.5, 512, buffer)
  reaper.DestroyAudioAccessor(accessor)
  return ('answer %d, first sample %.3f'):format(answer, buffer.table(1, 1)[1])
end

return {
  {
    question = 'offlineinact: is the preference on? (1 is REAPER\'s default)',
    run = function() return tostring(select(2, reaper.get_config_var_string('offlineinact'))) end,
  },
  {
    question = 'Media offline (40440), then online (40439): sample rate, accessor, is there an undo point?',
    run = function()
      local _, take, source = item_with_tone()
      reaper.Undo_OnStateChange2(0, 'probe: before offline')
      reaper.Main_OnCommand(40440, 0)
      local off = ('offline: rate %d, %s'):format(reaper.GetMediaSourceSampleRate(source), accessor_answer(take))
      reaper.Main_OnCommand(40439, 0)
      return off .. ('; online: rate %d, %s; undo: %s'):format(reaper.GetMediaSourceSampleRate(source),
        accessor_answer(take), undo_name())
    end,
  },
  {
    question = 'A render on a track of its own inside Undo_BeginBlock2 and Undo_EndBlock2(0, "", 0): does it leave an '
      .. 'undo point, does the redo list stay? (no, yes)',
    run = function()
      local item = item_with_tone()
      reaper.Undo_OnStateChange2(0, 'probe: one')
      reaper.SetMediaItemInfo_Value(item, 'D_VOL', 0.5)
      reaper.Undo_OnStateChange2(0, 'probe: two')
      reaper.Undo_DoUndo2(0)
      local before, redo = undo_name(), tostring(reaper.Undo_CanRedo2(0))
      reaper.Undo_BeginBlock2(0)
      reaper.SelectAllMediaItems(0, true)
      reaper.Main_OnCommand(41999, 0)
      local path = reaper.GetMediaSourceFileName(
        reaper.GetMediaItemTake_Source(reaper.GetActiveTake(reaper.GetSelectedMediaItem(0, 0))), '')
      reaper.Main_OnCommand(40129, 0)
      reaper.Undo_EndBlock2(0, '', 0)
      local peaks = reaper.GetPeakFileName(path, '')
      return ('undo %s -> %s, redo %s -> %s; file %s; peaks %s (there: %s); removed: %s'):format(before, undo_name(), redo,
        tostring(reaper.Undo_CanRedo2(0)), path, peaks, tostring(reaper.file_exists(peaks)), tostring(os.remove(path)))
    end,
  },
  {
    question = 'Names with letters beyond ASCII: do os.rename, os.remove and os.getenv know them? (yes everywhere, or '
      .. 'no on Windows)',
    run = function()
      local folder = reaper.GetResourcePath() .. '/dawscribe_probe_ü日'
      reaper.RecursiveCreateDirectory(folder, 0)
      local handle = io.open(folder .. '/a', 'wb')
      if not handle then return 'io.open fails' end
      handle:close()
      local moved, removed = os.rename(folder .. '/a', folder .. '/b'), os.remove(folder .. '/b')
      os.remove(folder .. '/a')
      os.remove(folder)
      return ('rename %s, remove %s, home %s'):format(tostring(moved), tostring(removed),
        tostring(os.getenv('USERPROFILE') or os.getenv('HOME')))
    end,
  },
  {
    question = 'gfx.init: who has the keyboard before, after it, and after SetCursorContext(1)? (0 tracks, 1 items)',
    run = function()
      local before = reaper.GetCursorContext()
      gfx.init('dawscribe probe', 200, 60)
      local open = reaper.GetCursorContext()
      reaper.SetCursorContext(1)
      local after = reaper.GetCursorContext()
      local dock, x, y, w, h = gfx.dock(-1, 0, 0, 0, 0)
      local answer = ('%d, %d, %d; dock %d at %d %d, %d x %d; ext_retina %s, DPI %s'):format(before, open, after, dock, x, y, w,
        h, tostring(gfx.ext_retina), tostring(select(2, reaper.ThemeLayout_GetLayout('tcp', -3))))
      gfx.quit()
      return answer .. '; please press Space now: does REAPER play?'
    end,
  },
  {
    question = 'Menus: hashes of the stock ones (empty where changed), REAPER 7.10 and later',
    run = function()
      if not reaper.Menu_GetHash then return 'no Menu_GetHash here' end
      local found = {}
      for _, name in ipairs { 'Media item context', 'Floating toolbar 16' } do
        for flag = 0, 1 do
          local ok, hash = reaper.Menu_GetHash(name, flag, '')
          found[#found + 1] = ('%s (%d): %s %s'):format(name, flag, tostring(ok), tostring(hash))
        end
      end
      return table.concat(found, '\n    ')
    end,
  },
  {
    question = 'Is Ctrl+Alt+Shift+T free? (look whether "dawscribe: Transcribe selected items" alone has it)',
    run = function() return 'search the action list by shortcut and tell us' end,
  },
  {
    question = 'Locked item: does 41999 render it? (dawscribe unlocks its copy)',
    run = function()
      local item = item_with_tone()
      reaper.SetMediaItemInfo_Value(item, 'C_LOCK', 1)
      reaper.Main_OnCommand(41999, 0)
      return ('takes %d'):format(reaper.CountTakes(item))
    end,
  },
  {
    question = 'OPENCOPY_CFGIDX: what is it, and does 0 make 41999 write WAV?',
    run = function()
      local before = reaper.GetSetProjectInfo(0, 'OPENCOPY_CFGIDX', 0, false)
      local item = item_with_tone()
      reaper.GetSetProjectInfo(0, 'OPENCOPY_CFGIDX', 0, true)
      reaper.Main_OnCommand(41999, 0)
      reaper.GetSetProjectInfo(0, 'OPENCOPY_CFGIDX', before, true)
      return ('%g; %s'):format(before, reaper.GetMediaSourceFileName(
        reaper.GetMediaItemTake_Source(reaper.GetActiveTake(item)), ''))
    end,
  },
  {
    question = 'Tempo marker in a project with an item: is it stretched by default, and not with C_BEATATTACHMODE 0?',
    run = function()
      local item, take = item_with_tone()
      reaper.SetTempoTimeSigMarker(0, -1, 0, -1, -1, 60, 4, 4, false)
      reaper.UpdateTimeline()
      local first = ('length %.3f, rate %.3f'):format(reaper.GetMediaItemInfo_Value(item, 'D_LENGTH'),
        reaper.GetMediaItemTakeInfo_Value(take, 'D_PLAYRATE'))
      reaper.SetMediaItemInfo_Value(item, 'C_BEATATTACHMODE', 0)
      reaper.SetTempoTimeSigMarker(0, 0, 0, -1, -1, 120, 4, 4, false)
      reaper.UpdateTimeline()
      return first .. ('; with mode 0: length %.3f, rate %.3f'):format(reaper.GetMediaItemInfo_Value(item, 'D_LENGTH'),
        reaper.GetMediaItemTakeInfo_Value(take, 'D_PLAYRATE'))
    end,
  },
  {
    question = 'SetMediaItemTake_Source: does a stem show its waveform without 40047? PCM_Source_BuildPeaks(source, 0) says',
    run = function()
      local _, _, source = item_with_tone()
      return tostring(reaper.PCM_Source_BuildPeaks(source, 0))
    end,
  },
  { question = 'ReaSamplOmatic5000: every parameter as it shows it', run = function() return parameters('ReaSamplOmatic5000 (Cockos)') end },
  { question = 'ReaSynth: every parameter as it shows it', run = function() return parameters('ReaSynth') end },
  { question = 'ReaSynDr: every parameter, and its id in the chunk', run = function() return parameters('ReaSynDr') end },
}
