-- Tracks, items, undo and instruments: what the insertion relies on.

local function undo_name()
  return tostring(reaper.Undo_CanUndo2(0))
end

return {
  {
    question = 'InsertTrackAtIndex(-1): first or last?',
    run = function()
      reaper.InsertTrackAtIndex(reaper.CountTracks(0), false)
      local known = reaper.GetTrack(0, reaper.CountTracks(0) - 1)
      reaper.InsertTrackAtIndex(-1, false)
      return reaper.GetTrack(0, reaper.CountTracks(0) - 1) == known and 'first' or 'last'
    end,
  },
  {
    question = 'Undo_EndBlock2 with flags 0: does it leave an undo point? (expected: no, with no action inside)',
    run = function()
      reaper.Undo_OnStateChange2(0, 'probe: before')
      local before = undo_name()
      reaper.Undo_BeginBlock2(0)
      reaper.InsertTrackAtIndex(0, false)
      reaper.DeleteTrack(reaper.GetTrack(0, 0))
      reaper.Undo_EndBlock2(0, 'probe: block', 0)
      return undo_name() == before and 'no' or 'yes: ' .. undo_name()
    end,
  },
  {
    question = 'Do 41999 and 40129 inside such a block leave undo points of their own? (dawscribe takes one back that has the block\'s name)',
    run = function()
      reaper.Undo_OnStateChange2(0, 'probe: before render')
      local before = undo_name()
      reaper.Undo_BeginBlock2(0)
      if reaper.CountMediaItems(0) > 0 then
        reaper.SelectAllMediaItems(0, false)
        reaper.SetMediaItemSelected(reaper.GetMediaItem(0, 0), true)
        reaper.Main_OnCommand(41999, 0)
        reaper.Main_OnCommand(40129, 0)
      end
      reaper.Undo_EndBlock2(0, 'probe: render', 0)
      return undo_name() == before and 'no' or 'yes: ' .. undo_name()
    end,
  },
  {
    question = 'Another tab: does Main_OnCommandEx act on the project it is given? (the given one)',
    run = function()
      local here = reaper.EnumProjects(-1)
      reaper.InsertTrackAtIndex(0, false)
      reaper.Main_OnCommand(40859, 0) -- "New project tab"
      local other = reaper.EnumProjects(-1)
      reaper.InsertTrackAtIndex(0, false)
      for _, project in ipairs { here, other } do reaper.SetTrackSelected(reaper.GetTrack(project, 0), false) end
      reaper.Main_OnCommandEx(40296, 0, here) -- "Track: Select all tracks"
      local counts = { reaper.CountSelectedTracks2(here, false), reaper.CountSelectedTracks2(other, false) }
      reaper.DeleteTrack(reaper.GetTrack(other, 0))
      reaper.SelectProjectInstance(here)
      if counts[1] > 0 and counts[2] == 0 then return 'the given one' end
      return ('selected: %d and %d'):format(counts[1], counts[2])
    end,
  },
  {
    question = 'MIDI: does an item of 1.2345 s keep its length, and MIDI_SetAllEvts its last event?',
    run = function()
      reaper.InsertTrackAtIndex(0, false)
      local item = reaper.CreateNewMIDIItemInProj(reaper.GetTrack(0, 0), 0.321, 0.321 + 1.2345)
      local take = reaper.GetActiveTake(item)
      local last = math.floor(reaper.MIDI_GetPPQPosFromProjTime(take, 0.321 + 1.2345) + 0.5)
      local note = string.pack('i4Bs4', 0, 0, '\x90\x3c\x60') .. string.pack('i4Bs4', 240, 0, '\x80\x3c\x00')
      local ok = reaper.MIDI_SetAllEvts(take, note .. string.pack('i4Bs4', last - 240, 0, '\xB0\x7B\x00'))
      local _, bytes = reaper.MIDI_GetAllEvts(take)
      return ('accepted %s, length %.4f s, closing event kept %s'):format(tostring(ok),
        reaper.GetMediaItemInfo_Value(item, 'D_LENGTH'), tostring(bytes:sub(-3) == '\xB0\x7B\x00'))
    end,
  },
  {
    question = 'ReaSynth and ReaSamplOmatic5000: names and parameters',
    run = function()
      reaper.InsertTrackAtIndex(0, false)
      local track, found = reaper.GetTrack(0, 0), {}
      for _, name in ipairs { 'ReaSynth', 'ReaSamplOmatic5000 (Cockos)', 'ReaSynDr' } do
        local fx = reaper.TrackFX_AddByName(track, name, false, -1)
        local names = {}
        for index = 0, math.min(20, fx < 0 and -1 or reaper.TrackFX_GetNumParams(track, fx) - 1) do
          names[#names + 1] = index .. ' ' .. select(2, reaper.TrackFX_GetParamName(track, fx, index, ''))
        end
        found[#found + 1] = name .. ': ' .. (fx < 0 and 'MISSING' or table.concat(names, ', '))
      end
      return table.concat(found, '\n    ')
    end,
  },
  {
    question = 'SetTakeMarker with a positive index on an empty take',
    run = function()
      if reaper.CountMediaItems(0) == 0 then return 'no item' end
      local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 0))
      return 'returns ' .. tostring(reaper.SetTakeMarker(take, 3, 'probe', 0.1))
    end,
  },
  {
    question = 'AddProjectMarker2 with a wanted region number of 0',
    run = function()
      local number = reaper.AddProjectMarker2(0, true, 1, 2, 'probe', 0, 0)
      reaper.DeleteProjectMarker(0, number, true)
      return 'number ' .. tostring(number)
    end,
  },
}
