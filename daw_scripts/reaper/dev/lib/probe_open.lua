-- What was still open: comp lanes, quitting with an accessor, insertions under a recording, tabs that play, where an MP3
-- begins, project files without a plug-in's state, consoles on Windows.

local click_mp3 = require 'click_mp3'

local function write(path, bytes)
  local handle = assert(io.open(path, 'wb'))
  handle:write(bytes)
  handle:close()
  return path
end

local function media_path(name)
  reaper.RecursiveCreateDirectory(reaper.GetProjectPath(''), 0)
  return reaper.GetProjectPath('') .. '/' .. name
end

-- An item that plays a file, alone in the selection, on a fresh track.
local function item_of(path, length)
  reaper.InsertTrackAtIndex(0, false)
  local track = reaper.GetTrack(0, 0)
  local item = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(path))
  reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', length)
  reaper.SelectAllMediaItems(0, false)
  reaper.SetMediaItemSelected(item, true)
  return item, take, track
end

-- The sample of the greatest value that an accessor gives.
local function peak_at(take, rate, count)
  local accessor, buffer = reaper.CreateTakeAudioAccessor(take), reaper.new_array(count)
  buffer.clear()
  reaper.GetAudioAccessorSamples(accessor, rate, 1, 0, count, buffer)
  reaper.DestroyAudioAccessor(accessor)
  local at, highest = 0, 0
  for index, sample in ipairs(buffer.table()) do
    if math.abs(sample) > highest then at, highest = index - 1, math.abs(sample) end
  end
  return at, highest
end

local PROJECT = [[
<REAPER_PROJECT 0.1 "7.0/dawscribe probe" 1700000000
  TEMPO 97.3 4 4
%s>
]]

local TRACK = [[
  <TRACK
    NAME "%s"
    <FXCHAIN
      BYPASS 0 0 0
      <VST "%s" %s 0 ""%s
      >
      WAK 0 0
    >
  >
]]

-- Plug-ins as a project file may name them: display name, file, id.
local NAMED = {
  { 'VSTi: ReaSynth (Cockos)', 'reasynth.dll', ' 1919251321' },
  { 'VSTi: ReaSynth (Cockos)', 'reasynth.vst.dylib', ' 1919251321' },
  { 'VSTi: ReaSynth (Cockos)', 'reasynth.vst.so', ' 1919251321' },
  { 'VSTi: ReaSynth (Cockos)', 'reasynth.dll', ' 1919251321<5653547265737972656173796E746800>' },
  { 'VSTi: ReaSynth (Cockos)', 'reasynth.dll', '' },
  { 'VSTi: ReaSynDr (Cockos) (4 out)', 'reasyndr.dll', '' },
}

return {
  {
    question = '41999 on an item of a comp lane: does it render, does the lane stay, does a sync run? (takes 2, lane 0, 1 item)',
    run = function()
      local item, _, track = item_of(write(media_path('dawscribe_probe_click.mp3'), click_mp3()), 1)
      reaper.SetMediaTrackInfo_Value(track, 'I_FREEMODE', 2)
      reaper.Main_OnCommand(41999, 0)
      return ('takes %d, lane %g, lanes of the track %g, items on it %d'):format(reaper.CountTakes(item),
        reaper.GetMediaItemInfo_Value(item, 'I_FIXEDLANE'), reaper.GetMediaTrackInfo_Value(track, 'I_NUMFIXEDLANES'),
        reaper.CountTrackMediaItems(track))
    end,
  },
  {
    question = 'MP3: at which sample of 16000 Hz does the accessor find the click whose peak libsndfile finds at 8006?',
    run = function()
      local _, take = item_of(write(media_path('dawscribe_probe_click.mp3'), click_mp3()), 1)
      local at, highest = peak_at(take, 16000, 16000)
      return ('sample %d (value %.3f), source %.6f s long'):format(at, highest,
        (reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take))))
    end,
  },
  {
    question = 'Insertion while recording: does it go on, how many xruns does it cost? (recording before and after, 0)',
    run = function()
      reaper.InsertTrackAtIndex(0, false)
      reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'I_RECARM', 1)
      local before = reaper.GetUnderrunTime()
      reaper.Main_OnCommand(1013, 0) -- "Transport: Record"
      local state = reaper.GetPlayState()
      reaper.Undo_BeginBlock2(0)
      for number = 1, 12 do
        reaper.InsertTrackAtIndex(number, false)
        reaper.TrackFX_AddByName(reaper.GetTrack(0, number), 'ReaSamplOmatic5000 (Cockos)', false, -1)
      end
      reaper.Undo_EndBlock2(0, 'probe: insertion', -1)
      local still, after = reaper.GetPlayState(), reaper.GetUnderrunTime()
      reaper.Main_OnCommand(40668, 0) -- "Transport: Stop (DELETE all recorded media)"
      return ('play state %d -> %d, last xrun %s -> %s'):format(state, still, tostring(before), tostring(after))
    end,
  },
  {
    question = 'Another tab that plays: does it go on when a tab is opened, and when one is brought to the front? (1, 1)',
    run = function()
      local here = reaper.EnumProjects(-1)
      reaper.Main_OnCommand(1007, 0) -- "Transport: Play"
      reaper.Main_OnCommand(40859, 0) -- "New project tab"
      local other = reaper.EnumProjects(-1)
      local opened = reaper.GetPlayStateEx(here)
      reaper.SelectProjectInstance(here)
      reaper.SelectProjectInstance(other)
      local flipped = reaper.GetPlayStateEx(here)
      reaper.Main_OnCommand(40860, 0) -- "Close current project tab"
      reaper.SelectProjectInstance(here)
      reaper.OnStopButton()
      return ('%d, %d'):format(opened, flipped)
    end,
  },
  {
    question = 'A project file that names plug-ins without their state: which of them are there? (many parameters = yes)',
    run = function()
      local tracks = {}
      for index, row in ipairs(NAMED) do tracks[index] = TRACK:format(row[2] .. row[3], table.unpack(row)) end
      local here, found = reaper.EnumProjects(-1), {}
      local path = write(media_path('dawscribe_probe.rpp'), PROJECT:format(table.concat(tracks)))
      reaper.Main_OnCommand(40859, 0) -- "New project tab"
      reaper.Main_openProject('noprompt:' .. path)
      for index = 0, reaper.CountTracks(0) - 1 do
        local track = reaper.GetTrack(0, index)
        local _, name = reaper.GetTrackName(track)
        found[#found + 1] = ('%s: %d FX, %d parameters'):format(name, reaper.TrackFX_GetCount(track),
          reaper.TrackFX_GetNumParams(track, 0))
      end
      reaper.Main_OnCommand(40860, 0) -- "Close current project tab"
      reaper.SelectProjectInstance(here)
      return reaper.GetOS() .. '\n    ' .. table.concat(found, '\n    ')
    end,
  },
  {
    question = 'ExecProcess with -2 on Windows: please look whether a console window comes up, and for how long',
    run = function()
      if not reaper.GetOS():match('^Win') then return 'this is no Windows' end
      return tostring(reaper.ExecProcess('"C:\\Windows\\System32\\ping.exe" -n 4 127.0.0.1', -2) ~= nil)
    end,
  },
  {
    question = 'Quitting REAPER with an accessor: run dawscribe_Probe_quit.lua, quit REAPER, start it, run this again',
    run = function()
      local path = reaper.GetResourcePath() .. '/dawscribe_probe_quit.txt'
      local handle = io.open(path, 'rb')
      if not handle then return 'not tried yet' end
      local text = handle:read('a')
      handle:close()
      os.remove(path)
      return text
    end,
  },
}
