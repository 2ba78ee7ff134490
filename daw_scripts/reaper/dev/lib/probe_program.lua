-- Scripts, ids and processes: what setup and the start of the daemon rely on.

return {
  {
    question = 'Action ids: does REAPER know the ids that setup wrote? (all of them should have a number)',
    run = function()
      local found = {}
      local file = io.open(reaper.GetResourcePath() .. '/reaper-kb.ini', 'rb')
      for line in (file and file:read('a') or ''):gmatch('[^\r\n]+') do
        local id, path = line:match('^SCR %d+ %d+ (%S+) ".-" "?(dawscribe/.-%.lua)"?$')
        if id then found[#found + 1] = ('%s -> %d'):format(path, reaper.NamedCommandLookup('_' .. id)) end
      end
      if file then file:close() end
      return #found > 0 and table.concat(found, '\n    ') or 'dawscribe is not set up here'
    end,
  },
  {
    question = 'ExecProcess with a quoted full path and -1: does it return at once?',
    run = function()
      local windows = reaper.GetOS():match('^Win')
      local begun = reaper.time_precise()
      local answer = reaper.ExecProcess(windows and '"C:\\Windows\\System32\\ping.exe" -n 3 127.0.0.1' or '"/bin/sleep" "2"', -1)
      return ('%s after %.2f s'):format(tostring(answer ~= nil), reaper.time_precise() - begun)
    end,
  },
  {
    question = 'os.rename over an existing file (Windows refuses; dawscribe removes first)',
    run = function()
      local folder = reaper.GetResourcePath()
      for _, name in ipairs { 'a', 'b' } do assert(io.open(folder .. '/dawscribe_probe_' .. name, 'wb')):close() end
      local ok = os.rename(folder .. '/dawscribe_probe_a', folder .. '/dawscribe_probe_b')
      os.remove(folder .. '/dawscribe_probe_a')
      os.remove(folder .. '/dawscribe_probe_b')
      return tostring(ok)
    end,
  },
  {
    question = 'GetUserInputs: captions with extrawidth and separator=| are used by "Transcribe with options"',
    run = function() return 'look at that dialog once: eight fields, values apart' end,
  },
  {
    question = 'reaper.array: does # give its size?',
    run = function()
      local ok, size = pcall(function() return #reaper.new_array(7) end)
      return ok and tostring(size) or 'no'
    end,
  },
}
