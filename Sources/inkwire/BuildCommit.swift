/// The commit that this program was built from; nil where the build did not say. `tools/package` writes this file anew in its own checkout.
let buildCommit: String? = nil
