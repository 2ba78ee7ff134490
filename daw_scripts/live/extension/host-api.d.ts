// The part of Live's extension host that the extension calls: names and types as they were seen, for the type checker.

export interface Handle { id: bigint }

export interface Commands {
  registerCommand(commandId: string, callback: (...args: unknown[]) => void): void;
}

export type Made = (handle: Handle) => void;

export interface WarpMarker { sampleTime: number; beatTime: number }

export interface NoteDescription { pitch: number; startTime: number; duration: number; velocity?: number }

export interface DataModel {
  withinTransaction<T>(fn: () => T): T;
  getObjectIsOfClass(handle: Handle, className: string): boolean;
  getObjectCanonicalParent(handle: Handle): Handle | null;
  getRoot(): Handle;
  rootGetSong(handle: Handle): Handle;
  songGetTempo(handle: Handle): number;
  songGetTracks(handle: Handle): Handle[];
  songCreateMidiTrack(handle: Handle, onResult: Made, onError: () => void): void;
  songDeleteTrack(handle: Handle, track: Handle, onResult: () => void, onError: () => void): void;
  trackGetName(handle: Handle): string;
  trackSetName(handle: Handle, value: string): void;
  trackGetClipSlots(handle: Handle): Handle[];
  trackGetDevices(handle: Handle): Handle[];
  trackGetArrangementClips(handle: Handle): Handle[];
  trackCreateMidiClip(handle: Handle, start: number, length: number, onResult: Made, onError: () => void): void;
  trackInsertDevice(handle: Handle, name: string, index: bigint, onResult: Made, onError: () => void): void;
  clipslotGetClip(handle: Handle): Handle | null;
  clipslotCreateMidiClip(handle: Handle, length: number, onResult: Made, onError: () => void): void;
  clipGetName(handle: Handle): string;
  clipSetName(handle: Handle, value: string): void;
  clipSetColor(handle: Handle, value: number): void;
  clipGetStartTime(handle: Handle): number;
  clipGetEndTime(handle: Handle): number;
  clipGetStartMarker(handle: Handle): number;
  clipGetEndMarker(handle: Handle): number;
  clipGetLooping(handle: Handle): boolean;
  clipGetLoopStart(handle: Handle): number;
  clipGetLoopEnd(handle: Handle): number;
  clipSetLooping(handle: Handle, value: boolean): void;
  midiclipSetNotes(handle: Handle, notes: NoteDescription[]): void;
  audioclipGetFilePath(handle: Handle): string;
  audioclipGetWarping(handle: Handle): boolean;
  audioclipGetWarpMode(handle: Handle): number;
  audioclipGetWarpMarkers(handle: Handle): WarpMarker[];
  rackdeviceInsertChain(handle: Handle, index: bigint, onResult: Made, onError: () => void): void;
  drumchainSetReceivingNote(handle: Handle, value: bigint): void;
  chainInsertDevice(handle: Handle, name: string, index: bigint, onResult: Made, onError: () => void): void;
  simplerReplaceSample(handle: Handle, path: string, onResult: Made, onError: () => void): void;
}

export interface Dialog {
  update(options: { text: string; progress?: number }, onUpdated?: () => void): void;
  close(onClosed?: () => void): void;
}

export interface Ui {
  registerContextMenuAction(
    scope: string, title: string, commandId: string, onRegistered: (unregister: (onDone: () => void) => void) => void,
  ): void;
  showModalDialog(
    url: string, width: number, height: number, onResult: (content: string) => void, onError: () => void,
  ): void;
  showProgressDialog(
    options: { text: string; progress?: number }, onShow: (dialog: Dialog) => void, onCancelled: () => void,
  ): void;
}

export interface Resources {
  renderPreFxAudio(
    lane: Handle, args: { startTime: number; endTime: number }, onResult: (path: string) => void, onError: () => void,
  ): void;
  importIntoProject(path: string, onResult: (imported: string) => void, onError: (error: string) => void): void;
}

export interface Environment { storageDirectory?: string; tempDirectory?: string; language?: string }

export interface ExtensionHost {
  commands: Commands; dataModel: DataModel; ui: Ui; resources: Resources; environment: Environment;
}

export interface Activation {
  hostApiVersion: string;
  initializeExtensionHost(options: { apiVersion: string }): ExtensionHost;
}
