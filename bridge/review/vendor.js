// What the page takes of spessasynth_lib (Apache-2.0); `npm run vendor` builds it into static/vendor.
export { WorkletSynthesizer } from "spessasynth_lib";
