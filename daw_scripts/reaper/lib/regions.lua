-- The song's sections and chords as regions of the project, where the result has them and the user wants them.

local regions = {}

local SECTION_COLOUR, CHORD_COLOUR = { 96, 110, 130 }, { 110, 96, 60 }

local function add(project, item, row, colour)
  local native = reaper.ColorToNative(table.unpack(colour)) | 0x1000000
  reaper.AddProjectMarker2(project, true, item.position_s + row.start_s, item.position_s + row.end_s, row.name, -1, native)
end

-- Part of the insertion's undo step.
function regions.add(project, result)
  if result.insertion.regions ~= true then return end
  for _, item in ipairs(result.items) do
    for _, row in ipairs(item.sections) do add(project, item, row, SECTION_COLOUR) end
    for _, row in ipairs(item.chords) do add(project, item, row, CHORD_COLOUR) end
  end
end

return regions
