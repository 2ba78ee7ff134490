-- The options of a request and the words to choose from, written from bridge/spool/options.py by
-- python -m tests.option_table; not to be edited here.

return {
  KINDS = {
    quality = 'word',
    stems = 'words',
    separator = 'word',
    role = 'word',
    transcribers = 'words_by_role',
    device = 'word',
    quantise = 'word',
    quantise_strength = 'share',
    grid_source = 'word',
    find_tempo = 'flag',
    bpm = 'number',
    tempo = 'word',
    beats_per_bar = 'number',
    first_downbeat = 'number',
    sensitivity = 'share',
    keep_stems = 'flag',
    drum_map = 'word',
  },
  ROLES = { 'drums', 'bass', 'vocals', 'guitar', 'piano', 'other' },
  QUALITIES = { 'draft', 'best' },
  GRID_SOURCES = { 'song', 'project' },
  GRIDS = { '1/4', '1/8', '1/8T', '1/16', '1/16T', '1/16G', '1/32' },
  SEPARATORS = { 'htdemucs', 'spleeter', 'demucs', 'whole_mix' },
  TRANSCRIBERS = { 'band', 'basic_pitch', 'melody', 'notes', 'drums', 'muscriptor' },
  DRUM_MAPS = { 'gm', 'superior', 'ezdrummer', 'addictive', 'mt_power', 'avl' },
}
