-- @description dawscribe: Probe (for developers)
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Checks once, in a real REAPER, what dawscribe's facts mark as not verified. Run it in an empty new project.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. package.path

if reaper.CountTracks(0) > 0 then
  return reaper.ShowMessageBox('Open a new, empty project tab first: the probe makes and removes tracks.', 'dawscribe', 0)
end

local lines = { 'dawscribe probe, REAPER ' .. reaper.GetAppVersion(), '' }
for _, name in ipairs { 'probe_audio', 'probe_project', 'probe_program', 'probe_reality', 'probe_open' } do
  for _, check in ipairs(require(name)) do
    local ok, answer = pcall(check.run)
    lines[#lines + 1] = ('%s\n    %s'):format(check.question, ok and answer or 'FAILED: ' .. tostring(answer))
  end
end
while reaper.CountTracks(0) > 0 do reaper.DeleteTrack(reaper.GetTrack(0, 0)) end
reaper.ShowConsoleMsg(table.concat(lines, '\n') .. '\n')
