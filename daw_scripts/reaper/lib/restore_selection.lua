-- What the user had selected, to be put back after a change.

local restore_selection = {}

-- Remembers selected tracks and items; returns a function that selects exactly these again.
function restore_selection.remember(project)
  local tracks, items = {}, {}
  for index = 0, reaper.CountSelectedTracks2(project, true) - 1 do
    tracks[#tracks + 1] = reaper.GetSelectedTrack2(project, index, true)
  end
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    items[#items + 1] = reaper.GetSelectedMediaItem(project, index)
  end
  return function()
    for index = 0, reaper.CountTracks(project) - 1 do
      reaper.SetTrackSelected(reaper.GetTrack(project, index), false)
    end
    for _, track in ipairs(tracks) do reaper.SetTrackSelected(track, true) end
    reaper.SelectAllMediaItems(project, false)
    for _, item in ipairs(items) do
      if reaper.ValidatePtr2(project, item, 'MediaItem*') then reaper.SetMediaItemSelected(item, true) end
    end
  end
end

return restore_selection
