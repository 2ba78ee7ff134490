-- Reads the selection: audio regions, or a time range on selected tracks, as a list of spans.

local app = ...
local selection = {}

local NOTHING = 'Select one or more audio regions, or a time range on audio tracks, then transcribe again.'
local ONLY_MIDI = 'The selection is MIDI already; select audio regions to transcribe.'
local NO_FILE = 'The region "%s" has no audio file; record or import it first.'

local function track_of(region)
  local id = region:to_stateful():id()
  for route in Session:get_tracks():iter() do
    local track = route:to_track()
    if not track:isnil() and not track:playlist():region_by_id(id):isnil() then return track end
  end
end

-- The files of a region: Ardour keeps stereo as two mono files, so channel by channel.
local function channels_of(region, audio)
  local channels = {}
  for number = 0, audio:n_channels() - 1 do
    local file = region:source(number):to_filesource()
    if file:isnil() then app.messages.refuse(NO_FILE:format(region:name())) end
    channels[#channels + 1] = { path = file:path(), channel = file:channel() }
  end
  return channels
end

-- The part of an audio region between two samples of the session.
local function span(region, track, from, to)
  local audio = region:to_audioregion()
  return {
    name = region:name(),
    track = { id = track:to_stateful():id():to_s(), name = track:name() },
    position = from,
    length = to - from,
    source_start = region:start():samples() + from - region:position():samples(),
    gain = audio:scale_amplitude(),
    audio = audio,
    offset = from - region:position():samples(),
    channels = channels_of(region, audio),
  }
end

local function selected_regions(chosen)
  local spans, midi = {}, false
  for region in chosen.regions:regionlist():iter() do
    local track = track_of(region)
    if region:to_audioregion():isnil() then
      midi = true
    elseif track then
      local from = region:position():samples()
      spans[#spans + 1] = span(region, track, from, from + region:length():samples())
    end
  end
  return spans, midi
end

local function selected_range(chosen)
  local spans, midi = {}, false
  local first, last = chosen.time:start_sample(), chosen.time:end_sample()
  if first >= last then return spans, midi end
  for route in chosen.tracks:routelist():iter() do
    local track = route:to_track()
    local regions = track:isnil() and {} or track:playlist():region_list():table()
    for _, region in ipairs(regions) do
      local from = region:position():samples()
      local to = math.min(last, from + region:length():samples())
      from = math.max(first, from)
      if from < to and region:to_audioregion():isnil() then
        midi = true
      elseif from < to then
        spans[#spans + 1] = span(region, track, from, to)
      end
    end
  end
  return spans, midi
end

-- What is selected, in the order of time; stops with a sentence where nothing can be transcribed.
function selection.spans()
  local chosen = Editor:get_selection()
  local spans, midi = selected_regions(chosen)
  if #spans == 0 then
    local more
    spans, more = selected_range(chosen)
    midi = midi or more
  end
  if #spans == 0 then app.messages.refuse(midi and ONLY_MIDI or NOTHING) end
  table.sort(spans, function(a, b) return a.position < b.position end)
  return spans
end

return selection
