-- The page on which a transcription is listened to and corrected: opened by the daemon's own program.

local review = {}

-- The words that open it, or nil where this dawscribe has no such page.
function review.command(context)
  return context.spool:launcher('review')
end

-- Opens the page of a job; true when it could be started.
function review.open(context, id)
  local words = review.command(context)
  if not words then return false end
  local all = { table.unpack(words) }
  all[#all + 1] = id
  return context.launch(all)
end

return review
