-- What an accessor and the render action hold: take FX, fades, volumes, envelopes.

local RATE, SECONDS = 44100, 2

local function write_tone(path)
  local samples = {}
  for index = 1, RATE * SECONDS do samples[index] = string.pack('<f', 0.5 * math.sin(index * 2 * math.pi * 220 / RATE)) end
  local data = table.concat(samples)
  local handle = assert(io.open(path, 'wb'))
  handle:write('RIFF', string.pack('<I4', 36 + #data), 'WAVEfmt ',
    string.pack('<I4I2I2I4I4I2I2', 16, 3, 1, RATE, RATE * 4, 4, 32), 'data', string.pack('<I4', #data), data)
  handle:close()
end

-- A fresh track with the tone on it; returns item and take.
local function make_item()
  local path = reaper.GetProjectPath('') .. '/dawscribe_probe.wav'
  reaper.RecursiveCreateDirectory(reaper.GetProjectPath(''), 0)
  if not reaper.file_exists(path) then write_tone(path) end
  reaper.InsertTrackAtIndex(0, false)
  local item = reaper.AddMediaItemToTrack(reaper.GetTrack(0, 0))
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, reaper.PCM_Source_CreateFromFile(path))
  reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', SECONDS)
  reaper.SelectAllMediaItems(0, false)
  reaper.SetMediaItemSelected(item, true)
  return item, take
end

-- Peak of the take between two times of the item, as the accessor gives it.
local function peak(take, from, to)
  local accessor = reaper.CreateTakeAudioAccessor(take)
  local count = math.floor((to - from) * RATE)
  local buffer = reaper.new_array(count)
  buffer.clear()
  reaper.GetAudioAccessorSamples(accessor, RATE, 1, from, count, buffer)
  reaper.DestroyAudioAccessor(accessor)
  local highest = 0
  for _, sample in ipairs(buffer.table()) do highest = math.max(highest, math.abs(sample)) end
  return highest
end

local function rendered(command)
  local item, take = make_item()
  reaper.SetMediaItemInfo_Value(item, 'D_VOL', 0.5)
  reaper.SetMediaItemTakeInfo_Value(take, 'D_VOL', 0.5)
  reaper.SetMediaItemInfo_Value(item, 'D_FADEINLEN', 1)
  reaper.Main_OnCommand(command, 0)
  local fresh = reaper.GetActiveTake(item)
  local path = reaper.GetMediaSourceFileName(reaper.GetMediaItemTake_Source(fresh), '')
  local answer = ('takes %d, early peak %.3f, late peak %.3f, length %.3f s, file %s')
    :format(reaper.CountTakes(item), peak(fresh, 0, 0.2), peak(fresh, 1.2, 1.8),
      reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(fresh)), path)
  reaper.Main_OnCommand(40129, 0)
  return answer .. (reaper.file_exists(path) and ', stays on disk after 40129' or ', is gone after 40129')
    .. (reaper.GetActiveTake(item) == take and ', the old take is active again' or ', the old take is NOT active')
end

return {
  {
    question = 'Accessor: are item volume 0.5 and take volume 0.5 in the samples? (0.5 = neither, 0.125 = both)',
    run = function()
      local item, take = make_item()
      reaper.SetMediaItemInfo_Value(item, 'D_VOL', 0.5)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_VOL', 0.5)
      return ('peak %.3f'):format(peak(take, 0.5, 1.5))
    end,
  },
  {
    question = 'Accessor: is a 1 s fade-in in the samples? (early peak 0.5 = no)',
    run = function()
      local item, take = make_item()
      reaper.SetMediaItemInfo_Value(item, 'D_FADEINLEN', 1)
      return ('early peak %.3f, late peak %.3f'):format(peak(take, 0, 0.2), peak(take, 1.2, 1.8))
    end,
  },
  {
    question = 'Accessor: are take FX in the samples? (JS volume at its lowest; 0.5 = no)',
    run = function()
      local _, take = make_item()
      local fx = reaper.TakeFX_AddByName(take, 'JS: Volume Adjustment', -1)
      if fx < 0 then return 'the JS effect is not installed' end
      reaper.TakeFX_SetParamNormalized(take, fx, 0, 0)
      return ('peak %.3f'):format(peak(take, 0.5, 1.5))
    end,
  },
  {
    question = 'Accessor: do playrate 2 without pitch preservation and a start offset apply? (440 Hz = yes)',
    run = function()
      local item, take = make_item()
      reaper.SetMediaItemTakeInfo_Value(take, 'B_PPITCH', 0)
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PLAYRATE', 2)
      reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', 0.5)
      local accessor, buffer, crossings = reaper.CreateTakeAudioAccessor(take), reaper.new_array(RATE // 2), 0
      reaper.GetAudioAccessorSamples(accessor, RATE, 1, 0, RATE // 2, buffer)
      reaper.DestroyAudioAccessor(accessor)
      local samples = buffer.table()
      for index = 2, #samples do
        if samples[index - 1] < 0 and samples[index] >= 0 then crossings = crossings + 1 end
      end
      return ('%d Hz'):format(crossings * 2)
    end,
  },
  {
    question = 'Accessor: does its hash stay with a second accessor, does it see a pitch change? (yes, yes)',
    run = function()
      local _, take = make_item()
      local first, second = reaper.CreateTakeAudioAccessor(take), reaper.CreateTakeAudioAccessor(take)
      local same = reaper.GetAudioAccessorHash(first, '') == reaper.GetAudioAccessorHash(second, '')
      reaper.SetMediaItemTakeInfo_Value(take, 'D_PITCH', 3)
      local seen = reaper.AudioAccessorStateChanged(first)
      for _, accessor in ipairs { first, second } do reaper.DestroyAudioAccessor(accessor) end
      return (same and 'yes' or 'no') .. ', ' .. (seen and 'yes' or 'no')
    end,
  },
  {
    question = 'Take envelopes: is ACTIVE known, and does 41999 print a volume envelope at 0? (1, late peak 0)',
    run = function()
      local item, take = make_item()
      reaper.Main_OnCommand(40693, 0) -- "Take: Toggle take volume envelope"
      local envelope = reaper.GetTakeEnvelopeByName(take, 'Volume')
      if not envelope then return 'the action 40693 made no envelope' end
      local _, active = reaper.GetSetEnvelopeInfo_String(envelope, 'ACTIVE', '', false)
      local mode = reaper.GetEnvelopeScalingMode(envelope)
      reaper.InsertEnvelopePoint(envelope, 1, reaper.ScaleToEnvelopeMode(mode, 0), 1, 0, false)
      reaper.Main_OnCommand(41999, 0)
      local late = peak(reaper.GetActiveTake(item), 1.2, 1.8)
      reaper.Main_OnCommand(40129, 0)
      return ('%s, late peak %.3f'):format(active, late)
    end,
  },
  {
    question = '41999 (render items to new take): what is printed? (item 0.5, take 0.5, fade-in 1 s)',
    run = function() return rendered(41999) end,
  },
  { question = '40209 (apply track/take FX): the same', run = function() return rendered(40209) end },
}
