-- What the user knows of the beat, in one short text: "97.3", "x2", "3/4", "@0.42", or several of them.

local beat_hint = {}

beat_hint.HELP = 'write a tempo (97.3), x2 or x1/2, a metre (3/4), or @0.42 for a bar that begins there'

-- Tempos that music has; what lies beyond is a slip of the finger.
local MIN_BPM, MAX_BPM = 20, 400
local MAX_BEATS = 32

local function word_into(found, word)
  if word == 'x2' or word == 'x1/2' then
    found.tempo = word
    return true
  end
  local beats = tonumber(word:match('^(%d+)/%d+$'))
  if beats then
    found.beats_per_bar = beats
    return beats >= 1 and beats <= MAX_BEATS
  end
  local seconds = tonumber(word:match('^@([%d.]+)$'))
  if seconds then
    found.first_downbeat = seconds
    return true
  end
  found.bpm = tonumber(word)
  return found.bpm ~= nil and found.bpm >= MIN_BPM and found.bpm <= MAX_BPM
end

-- The options of a request that the text means, or nil and the first word that means nothing.
function beat_hint.read(text)
  local found = {}
  -- Half the world writes a comma.
  for word in text:lower():gsub(',(%d)', '.%1'):gmatch('[^%s,;]+') do
    if not word_into(found, word) then return nil, word end
  end
  return found
end

return beat_hint
