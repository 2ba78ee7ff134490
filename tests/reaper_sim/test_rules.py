"""The rules that real scripts rely on, each run by a small script in the simulated REAPER."""

from __future__ import annotations

from pathlib import Path

import pytest
import rpp

from tests.reaper_sim import Reaper, ScriptError, SimulationError, signatures
from tests.reaper_sim.demo import demo_project
from tests.reaper_sim.registry import FUNCTIONS
from tests.reaper_sim.rpp_file import save, text
from tests.reaper_sim.rpp_load import read


@pytest.fixture
def reaper(tmp_path: Path) -> Reaper:
    made = Reaper(tmp_path)
    made.tick_s = 0.001
    made.open(demo_project(tmp_path))
    return made


def run(reaper: Reaper, code: str) -> None:
    path = reaper.resource_path / "test.lua"
    path.write_text(code)
    reaper.run(path)
    reaper.idle()


def test_every_simulated_function_is_one_of_reapers() -> None:
    Reaper(Path())
    assert set(FUNCTIONS) <= set(signatures.load())


PASSING = {
    "a handle is the same userdata every time": """
        local t = reaper.GetTrack(0, 0)
        local seen = { [t] = true }
        assert(seen[reaper.GetTrack(nil, 0)] and type(t) == 'userdata')
        assert(reaper.GetMediaItemInfo_Value(reaper.GetMediaItem(0, 0), 'P_TRACK') == t)""",
    "booleans take numbers, and zero is false": """
        reaper.SelectAllMediaItems(0, 0); assert(reaper.CountSelectedMediaItems(0) == 0)
        reaper.SelectAllMediaItems(0, 1); assert(reaper.CountSelectedMediaItems(0) == 4)""",
    "numbers take numeric strings and whole floats": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 3))
        assert(reaper.MIDI_InsertNote(take, false, false, 0, 10, '1', '86', 100.0, true))
        assert(select(2, reaper.GetTrackName(reaper.GetTrack(0, '1'))) == 'Band')""",
    "surplus arguments are ignored": """
        reaper.Undo_BeginBlock(0); reaper.Undo_EndBlock('x', -1, 5)
        assert(reaper.SetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'B_MUTE', 1, true))
        local source = reaper.GetMediaItemTake_Source(reaper.GetActiveTake(reaper.GetMediaItem(0, 0)))
        assert(reaper.GetMediaSourceFileName(source, ''):find('tone.wav', 1, true))""",
    "getters give floats, out-parameters integers and booleans": """
        assert(math.type(reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'B_MUTE')) == 'float')
        local n, markers = reaper.CountProjectMarkers(0); assert(math.type(markers) == 'integer' and n == 2)
        assert(reaper.GetTrack(0, 99) == nil)""",
    "nil leaves a value as it is": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 3))
        reaper.MIDI_SetNote(take, 0, nil, nil, nil, 240)
        local _, sel, mute, from, to, chan, pitch, vel = reaper.MIDI_GetNote(take, 0)
        assert(from == 0 and to == 240 and pitch == 60 and vel == 90 and sel == false)""",
    "notes stay sorted unless asked not to": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 3))
        reaper.MIDI_InsertNote(take, false, false, 100, 200, 0, 99, 1, true)
        assert(select(7, reaper.MIDI_GetNote(take, 8)) == 99)
        reaper.MIDI_Sort(take)
        assert(select(7, reaper.MIDI_GetNote(take, 1)) == 99)""",
    "all events come and go as one string": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 3))
        local ok, bytes = reaper.MIDI_GetAllEvts(take)
        assert(ok and bytes:sub(-3) == string.char(0xB0, 0x7B, 0))
        assert(reaper.MIDI_SetAllEvts(take, bytes))
        assert(select(2, reaper.MIDI_GetAllEvts(take)) == bytes)""",
    "a split shares the source": """
        local item = reaper.GetMediaItem(0, 0)
        local right = reaper.SplitMediaItem(item, 2.5)
        assert(reaper.GetMediaItemInfo_Value(item, 'D_LENGTH') == 1.5)
        assert(reaper.GetMediaItemInfo_Value(right, 'D_POSITION') == 2.5)
        assert(reaper.GetMediaItemTakeInfo_Value(reaper.GetActiveTake(right), 'D_STARTOFFS') == 1.5)
        assert(reaper.SplitMediaItem(item, 99) == nil)""",
    "ext states say whether they exist": """
        assert(reaper.GetProjExtState(0, 'mine', 'key') == 0)
        reaper.SetProjExtState(0, 'mine', 'key', 'value')
        local found, value = reaper.GetProjExtState(0, 'MINE', 'KEY'); assert(found == 1 and value == 'value')
        assert(reaper.GetExtState('mine', 'key') == '' and not reaper.HasExtState('mine', 'key'))""",
    "ticks follow the tempo map": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 3))
        local ppq = reaper.MIDI_GetPPQPosFromProjTime(take, 5)
        assert(math.abs(ppq - (4 + 1.5) * 960) < 1e-6)
        assert(math.abs(reaper.MIDI_GetProjTimeFromPPQPos(take, ppq) - 5) < 1e-9)""",
    "a deleted item is no valid pointer": """
        local item = reaper.GetMediaItem(0, 0)
        assert(reaper.ValidatePtr2(0, item, 'MediaItem*'))
        reaper.DeleteTrackMediaItem(reaper.GetTrack(0, 0), item)
        assert(not reaper.ValidatePtr2(0, item, 'MediaItem*'))""",
    "Lua is complete": """
        assert(string.pack('<i4', 1) and utf8.char(252) and load('return 1')() == 1 and io.open and os.time())
        assert(#reaper.new_array(5) == 5 and _VERSION == 'Lua 5.4')""",
    "a chunk can be set as it was got": """
        local item = reaper.GetMediaItem(0, 3)
        local _, chunk = reaper.GetItemStateChunk(item, '', false)
        assert(reaper.SetItemStateChunk(item, chunk, false))
        assert(select(2, reaper.GetItemStateChunk(item, '', false)) == chunk)""",
    "parents, depths and numbers follow the folders": """
        local band, bass = reaper.GetTrack(0, 1), reaper.GetTrack(0, 2)
        assert(reaper.GetParentTrack(bass) == band and reaper.GetTrackDepth(bass) == 1)
        assert(reaper.GetMediaTrackInfo_Value(bass, 'IP_TRACKNUMBER') == 3)""",
    "FX are found by a part of their name, in any case": """
        local track = reaper.GetTrack(0, 0)
        assert(reaper.TrackFX_AddByName(track, 'reasamplomatic5000', false, -1) == 0)
        assert(reaper.TrackFX_AddByName(track, 'ReaSamplOmatic5000 (Cockos)', false, 0) == 0)
        assert(reaper.TrackFX_AddByName(track, 'No such plug-in', false, -1) == -1)
        assert(reaper.TrackFX_SetNamedConfigParm(track, 0, 'FILE0', '/x.wav'))""",
    "41999 appends one plain take and makes it active": """
        local item = reaper.GetSelectedMediaItem(0, 0)
        local take = reaper.GetActiveTake(item)
        reaper.Main_OnCommand(41999, 0)
        assert(reaper.CountTakes(item) == 2 and reaper.GetActiveTake(item) == reaper.GetTake(item, 1))
        reaper.Main_OnCommand(40129, 0)
        assert(reaper.CountTakes(item) == 1 and reaper.GetActiveTake(item) == take)""",
    "below 0 a stretch marker is looked up by the position it follows": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 0))
        reaper.SetTakeStretchMarker(take, -1, 0.5); reaper.SetTakeStretchMarker(take, -1, 1.5)
        local index, position = reaper.GetTakeStretchMarker(take, -1, 0.7)
        assert(index == 1 and position == 1.5 and reaper.GetTakeStretchMarker(take, -1, 2) == -1)
        assert(reaper.GetTakeStretchMarker(take, -1) == -1)""",
    "a program change comes back with three bytes, and what has no status byte is dropped": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 3))
        local program = string.pack('i4Bs4', 0, 0, '\\xC0\\x21') .. string.pack('i4Bs4', 0, 0, '\\0\\0\\0')
        assert(reaper.MIDI_SetAllEvts(take, program .. string.pack('i4Bs4', 960, 0, '\\xB0\\x7B\\0')))
        local _, bytes = reaper.MIDI_GetAllEvts(take)
        assert(string.unpack('s4', bytes, 6) == '\\xC0\\x21\\0', 'three bytes')
        assert(select(2, reaper.MIDI_CountEvts(take)) == 0 and select(3, reaper.MIDI_CountEvts(take)) == 1)""",
    "a take marker below 0 is added, another is moved": """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 0))
        assert(reaper.SetTakeMarker(take, -1, 'a', 0.5) == 0 and reaper.SetTakeMarker(take, 0, 'b', 0.7) == 0)
        assert(reaper.GetNumTakeMarkers(take) == 1 and select(2, reaper.GetTakeMarker(take, 0)) == 'b')""",
    "a REAPER that was started has its settings in a file": """
        local file = io.open(reaper.get_ini_file())
        assert(file and file:read('a'):find('[REAPER]', 1, true)); file:close()""",
    "switches turn over, solo is in place": """
        assert(reaper.GetToggleCommandState(1156) == 0)
        reaper.Main_OnCommand(1156, 0); assert(reaper.GetToggleCommandState(1156) == 1)
        reaper.Main_OnCommand(40728, 0)
        assert(reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'I_SOLO') == 2)""",
    "glue pads with an empty item, and keeps rate and channels": """
        local empty = reaper.AddMediaItemToTrack(reaper.GetTrack(0, 0))
        reaper.SetMediaItemInfo_Value(empty, 'D_POSITION', 8); reaper.SetMediaItemInfo_Value(empty, 'D_LENGTH', 2)
        reaper.SelectAllMediaItems(0, false)
        for index = 0, reaper.CountTrackMediaItems(reaper.GetTrack(0, 0)) - 1 do
          reaper.SetMediaItemSelected(reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), index), true)
        end
        reaper.Main_OnCommand(41588, 0)
        local glued = reaper.GetTrackMediaItem(reaper.GetTrack(0, 0), 0)
        assert(reaper.CountTrackMediaItems(reaper.GetTrack(0, 0)) == 1)
        assert(reaper.GetMediaItemInfo_Value(glued, 'D_LENGTH') == 9)
        local source = reaper.GetMediaItemTake_Source(reaper.GetActiveTake(glued))
        assert(reaper.GetMediaSourceNumChannels(source) == 2 and reaper.GetMediaSourceSampleRate(source) == 44100)""",
}


@pytest.mark.parametrize("rule", PASSING)
def test_rule(reaper: Reaper, rule: str) -> None:
    run(reaper, PASSING[rule])


FAILING = {
    "reaper.GetActiveTake(nil)": r"bad argument #1 to 'GetActiveTake' \(MediaItem expected\)",
    "reaper.GetActiveTake(reaper.GetTrack(0, 0))": r"MediaItem expected",
    "reaper.CountTrackMediaItems('x')": r"MediaTrack expected",
    "reaper.SetEditCurPos('here', false, false)": r"bad argument #1 to 'SetEditCurPos' \(number expected, got string\)",
    "reaper.GetTrack(0, 1.5)": r"number has no integer representation",
    "reaper.GetTrack(0)": r"number expected, got no value",
    "reaper.ShowConsoleMsg(nil)": r"string expected, got nil",
    "reaper.SetTrackSelected(reaper.GetTrack(0, 0), {})": r"boolean expected, got table",
    "reaper.NoSuchFunction()": r"attempt to call a nil value \(field 'NoSuchFunction'\)",
    "reaper.joystick_enum(0)": r"does not know",
    "reaper.Main_OnCommand(65000, 0)": r"action 65000 is not simulated",
    "i = reaper.GetMediaItem(0, 0); reaper.DeleteTrackMediaItem(reaper.GetTrack(0, 0), i); reaper.GetActiveTake(i)": (
        r"MediaItem expected, this one was deleted"
    ),
    "reaper.MIDI_SetAllEvts(reaper.GetActiveTake(reaper.GetMediaItem(0, 3)), 'abc')": r"bad argument #2",
    "local i = reaper.GetMediaItem(0, 0); return i.name": r"has no field name",
    "reaper.Undo_EndBlock('x', -1)": r"without Undo_BeginBlock",
}


@pytest.mark.parametrize("code", FAILING)
def test_what_reaper_refuses_is_refused(reaper: Reaper, code: str) -> None:
    with pytest.raises(ScriptError, match=FAILING[code]):
        run(reaper, code)


@pytest.mark.parametrize("code", ["reaper.PreventUIRefresh(1)", "reaper.Undo_BeginBlock()"])
def test_what_is_left_unbalanced_is_an_error(reaper: Reaper, code: str) -> None:
    with pytest.raises(SimulationError, match="left"):
        run(reaper, code)


def test_refused_calls_are_remembered_where_a_script_hides_them(reaper: Reaper) -> None:
    run(reaper, "pcall(reaper.GetActiveTake, nil)")
    assert reaper.violations == ["bad argument #1 to 'GetActiveTake' (MediaItem expected)"]


def test_undo_brings_back_the_whole_state_and_stales_what_it_replaced(reaper: Reaper) -> None:
    before = text(reaper.project)
    run(
        reaper,
        """
        item = reaper.GetMediaItem(0, 0)
        reaper.Undo_BeginBlock()
        reaper.SetMediaItemInfo_Value(item, 'D_POSITION', 9)
        reaper.DeleteTrack(reaper.GetTrack(0, 4))
        reaper.SetTempoTimeSigMarker(0, -1, 6, -1, -1, 77, 0, 0, false)
        reaper.Undo_EndBlock('change', -1)
        assert(reaper.Undo_CanUndo2(0) == 'change' and reaper.CountTracks(0) == 4)
        local track = reaper.GetTrack(0, 0)
        assert(reaper.Undo_DoUndo2(0) == 1 and reaper.GetTrack(0, 0) == track)
        assert(not reaper.ValidatePtr2(0, item, 'MediaItem*'))""",
    )
    assert text(reaper.project) == before
    run(reaper, "assert(reaper.Undo_DoRedo2(0) == 1 and reaper.CountTracks(0) == 4)")


def test_a_script_leaves_one_undo_step_unless_it_defers(reaper: Reaper) -> None:
    history = reaper.history(reaper.project)
    run(reaper, "reaper.SetTrackSelected(reaper.GetTrack(0, 0), true)")
    assert len(history.names) == 1
    run(reaper, "reaper.defer(function() end)")
    assert len(history.names) == 1


def test_deferred_functions_run_once_a_tick_and_atexit_at_the_end(reaper: Reaper) -> None:
    run(
        reaper,
        """
        local count = 0
        local function loop()
          count = count + 1
          if count < 3 then reaper.defer(loop) end
        end
        reaper.atexit(function() reaper.ShowConsoleMsg('end after ' .. count) end)
        loop()""",
    )
    assert reaper.console == "end after 3"


def test_dialogs_answer_what_the_user_will_do(reaper: Reaper) -> None:
    reaper.answers.append(7)
    reaper.inputs.append("a,b")
    run(
        reaper,
        """
        assert(reaper.ShowMessageBox('Really?', 'Title', 4) == 7)
        local ok, csv = reaper.GetUserInputs('Title', 2, 'One,Two', '1,2'); assert(ok and csv == 'a,b')""",
    )
    assert reaper.messages[0] == ("Title", "Really?", 4)


def test_the_saved_project_reads_back_the_same(reaper: Reaper, tmp_path: Path) -> None:
    save(reaper.project, tmp_path / "saved.rpp")
    saved = (tmp_path / "saved.rpp").read_text()
    assert text(read(saved, str(tmp_path / "saved.rpp"))) == saved
    assert len(rpp.loads(saved).findall(".//ITEM")) == 4


def test_without_extensions_their_functions_are_missing(tmp_path: Path) -> None:
    plain = Reaper(tmp_path, extensions=())
    run(plain, "assert(reaper.BR_GetMediaItemGUID == nil and not reaper.APIExists('JS_Window_Find'))")


def test_actions_and_scripts_call_each_other_by_their_ids(reaper: Reaper, tmp_path: Path) -> None:
    other = tmp_path / "Scripts" / "Foo" / "bar.lua"
    other.parent.mkdir(parents=True)
    other.write_text("reaper.ShowConsoleMsg(select(2, reaper.get_action_context()))")
    run(
        reaper,
        f"""
        local id = reaper.AddRemoveReaScript(true, 0, '{other}', true)
        local name = '_' .. reaper.ReverseNamedCommandLookup(id)
        reaper.Main_OnCommand(reaper.NamedCommandLookup(name), 0)
        assert(#name == 43)""",
    )
    assert reaper.console == str(other)


def test_an_action_for_another_project_leaves_the_one_in_front_alone(reaper: Reaper, tmp_path: Path) -> None:
    behind = reaper.project
    front = demo_project(tmp_path)
    reaper.projects.append(front)
    reaper.project = front
    run(reaper, "reaper.Main_OnCommandEx(40182, 0, reaper.EnumProjects(0)); reaper.Main_OnCommand(40289, 0)")
    assert [len([i for i in p.all_items() if i.values["B_UISEL"]]) for p in (behind, front)] == [4, 0]
    assert reaper.project is front


def test_a_closed_project_is_a_stale_handle(reaper: Reaper, tmp_path: Path) -> None:
    script = reaper.resource_path / "test.lua"
    script.write_text(
        """
        local project, track = reaper.EnumProjects(-1), reaper.GetTrack(0, 0)
        reaper.defer(function()
          assert(not reaper.ValidatePtr2(nil, project, 'ReaProject*'))
          assert(not reaper.ValidatePtr2(nil, track, 'MediaTrack*'))
          reaper.CountTracks(project)
        end)"""
    )
    reaper.run(script)
    reaper.open(demo_project(tmp_path))
    with pytest.raises(ScriptError, match="ReaProject expected"):
        reaper.idle()


def test_an_accessor_that_is_not_destroyed_is_remembered(reaper: Reaper) -> None:
    make = "a = reaper.CreateTakeAudioAccessor(reaper.GetActiveTake(reaper.GetMediaItem(0, 0)))"
    run(reaper, f"{make}; reaper.DestroyAudioAccessor(a)")
    assert reaper.violations == []
    run(reaper, make)
    assert reaper.violations == ["1 audio accessor(s) are not destroyed"]


def test_an_accessor_knows_when_its_take_sounds_otherwise(reaper: Reaper) -> None:
    run(
        reaper,
        """
        local take = reaper.GetActiveTake(reaper.GetMediaItem(0, 0))
        local accessor = reaper.CreateTakeAudioAccessor(take)
        local hash = reaper.GetAudioAccessorHash(accessor, '')
        reaper.SetMediaItemTakeInfo_Value(take, 'D_VOL', 0.5)
        assert(not reaper.AudioAccessorStateChanged(accessor))
        reaper.SetMediaItemTakeInfo_Value(take, 'D_PITCH', 1)
        assert(reaper.AudioAccessorStateChanged(accessor) and reaper.GetAudioAccessorHash(accessor, '') ~= hash)
        assert(reaper.AudioAccessorValidateState(accessor) and not reaper.AudioAccessorStateChanged(accessor))
        reaper.DestroyAudioAccessor(accessor)""",
    )


@pytest.mark.parametrize(("system", "native"), [("Win64", 0x332211), ("OSX64", 0x112233), ("Other", 0x112233)])
def test_a_colour_has_the_byte_order_of_the_system(reaper: Reaper, system: str, native: int) -> None:
    reaper.os = system
    code = f"assert(reaper.ColorToNative(17, 34, 51) == {native}); "
    run(reaper, code + f"local r, g, b = reaper.ColorFromNative({native}); assert(r == 17 and g == 34 and b == 51)")
