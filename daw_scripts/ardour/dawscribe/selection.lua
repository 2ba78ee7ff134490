-- Reads the selection: audio regions, or a time range on selected tracks, as a list of spans.

local app = ...
local selection = {}

local NOTHING = 'Select one or more audio regions, or a time range on audio tracks, then transcribe again.'
local ONLY_MIDI = 'The selection is MIDI already; select audio regions to transcribe.'
local TOO_SHORT = 'The region "%s" is shorter than 0.1 s; select a longer one, then transcribe again.'

-- Seconds; the daemon refuses shorter audio, and with it the whole request.
local MIN_LENGTH_S = 0.1

local function track_of(region)
  local id = region:to_stateful():id()
  for route in Session:get_tracks():iter() do
    local track = route:to_track()
    if not track:isnil() and not track:playlist():region_by_id(id):isnil() then return track end
  end
end

-- The files of a region: Ardour keeps stereo as two mono files, so channel by channel. Combined regions have none of
-- their own; what they sound like is rendered.
local function channels_of(region, audio)
  local channels = {}
  for number = 0, audio:n_channels() - 1 do
    local file = region:source(number):to_filesource()
    channels[#channels + 1] = file:isnil() and {} or { path = file:path(), channel = file:channel() }
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
    for _, heard in ipairs(app.audible_regions.audible(regions, first, last)) do
      if heard.region:to_audioregion():isnil() then
        midi = true
      else
        spans[#spans + 1] = span(heard.region, track, heard.from, heard.to)
      end
    end
  end
  return spans, midi
end

-- Leaves out slivers beside longer spans; stops with a sentence where there is nothing else.
local function long_enough(spans)
  local kept = {}
  for _, one in ipairs(spans) do
    if one.length >= MIN_LENGTH_S * Session:nominal_sample_rate() then kept[#kept + 1] = one end
  end
  if #kept == 0 then app.messages.refuse(TOO_SHORT:format(spans[1].name)) end
  return kept
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
  spans = long_enough(spans)
  table.sort(spans, function(a, b) return a.position < b.position end)
  return spans
end

return selection
