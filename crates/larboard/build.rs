//! Puts the built portal where the binary embeds it from; without one, a page that says how to build it, so that the Rust
//! build needs no Node.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const STUB: &str = "<!doctype html><html lang=\"en\"><head><title>Larboard</title></head><body><h1>Larboard</h1>\
<p>This binary was built without the portal. Run <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and build \
again, or use <code>make run</code>. The API works without it: see <a href=\"openapi.json\">openapi.json</a>.</p></body></html>\n";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest directory")?);
    let portal = PathBuf::from(env::var_os("OUT_DIR").ok_or("no output directory")?).join("portal");
    let built = root.join("../../web/dist");
    println!("cargo::rerun-if-changed=../../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    if portal.exists() {
        fs::remove_dir_all(&portal)?;
    }
    fs::create_dir_all(&portal)?;
    if built.join("index.html").exists() {
        copy(&built, &portal)?;
    } else {
        fs::write(portal.join("index.html"), STUB)?;
        fs::write(portal.join("docs.html"), STUB)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else if !is_packed(&entry.path()) {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Whether a smaller copy stands beside the file, which is unpacked for the few who take no other. Pages are changed before
/// they are sent, so they stay as they are.
fn is_packed(path: &Path) -> bool {
    let mut packed = path.as_os_str().to_owned();
    packed.push(".gz");
    path.extension().is_none_or(|kind| kind != "html") && Path::new(&packed).exists()
}
