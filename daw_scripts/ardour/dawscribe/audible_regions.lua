-- What of a playlist's regions can be heard: takes below an opaque region and muted regions are silent.

local audible_regions = {}

-- The pieces of `pieces` outside [from, to); each is a pair of samples.
local function without(pieces, from, to)
  local left = {}
  for _, piece in ipairs(pieces) do
    if from > piece[1] then left[#left + 1] = { piece[1], math.min(piece[2], from) } end
    if to < piece[2] then left[#left + 1] = { math.max(piece[1], to), piece[2] } end
  end
  return left
end

local function borders(region)
  local from = region:position():samples()
  return from, from + region:length():samples()
end

-- The spans of samples of each region between `first` and `last` that sound: a list of { region, from, to }.
function audible_regions.audible(regions, first, last)
  local spans = {}
  for _, region in ipairs(regions) do
    local from, to = borders(region)
    local pieces = { { math.max(first, from), math.min(last, to) } }
    if region:muted() or region:hidden() or pieces[1][1] >= pieces[1][2] then pieces = {} end
    for _, other in ipairs(regions) do
      if other:layer() > region:layer() and other:opaque() and not other:muted() and not other:hidden() then
        pieces = without(pieces, borders(other))
      end
    end
    for _, piece in ipairs(pieces) do spans[#spans + 1] = { region = region, from = piece[1], to = piece[2] } end
  end
  return spans
end

return audible_regions
