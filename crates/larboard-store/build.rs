//! Lists migrations/*.sql in the order of their names, for `migrate.rs` to embed. Runs no SQL.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest directory")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no output directory")?);
    let mut list = String::from("&[\n");
    for path in migrations(&root.join("migrations"))? {
        let name = path
            .file_stem()
            .and_then(|n| n.to_str())
            .ok_or("a name that is not UTF-8")?;
        println!("cargo::rerun-if-changed={}", path.display());
        writeln!(
            list,
            "Migration {{ name: {name:?}, sql: include_str!({path:?}) }},"
        )?;
    }
    list.push(']');
    fs::write(out.join("migrations.rs"), list)?;
    Ok(())
}

fn migrations(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "sql") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
