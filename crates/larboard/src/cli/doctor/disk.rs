//! Whether the data directory can be written to, and has room.

use super::Finding;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Less room than this is soon none: the database's log alone may take a part of it.
const ROOM_MIB: u64 = 256;

/// A write of this size tells of a full disk as well as of missing permissions.
const PROBE_BYTES: usize = 1024 * 1024;

pub(super) fn directory(path: &Path) -> Finding {
    let there = nearest(path);
    let name = there.display();
    if !there.is_dir() {
        return Err(format!(
            "{name} is a file, so {} cannot be a directory; choose another with --data",
            path.display()
        ));
    }
    let probe = there.join(".larboard-doctor");
    let written = std::fs::write(&probe, vec![0_u8; PROBE_BYTES]);
    let removed = std::fs::remove_file(&probe);
    written.and(removed).map_err(|e| {
        format!("cannot write into {name}: {e}; make room or give this user the right to")
    })?;
    let free = free_mib(&there);
    if let Some(free) = free.filter(|free| *free < ROOM_MIB) {
        return Err(format!(
            "{name} has only {free} MiB free; make room, for changes are refused when it is full"
        ));
    }
    let free = free.map_or_else(String::new, |free| format!(", {free} MiB free"));
    if there == path {
        Ok(format!("{name} can be written to{free}"))
    } else {
        Ok(format!(
            "{} is made at the first start{free}",
            path.display()
        ))
    }
}

/// The directory itself, or what exists of the way to it.
fn nearest(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .map_or_else(|| path.to_owned(), Path::to_owned)
}

/// The room that users who are not root have, as `df` says.
fn free_mib(path: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let kib = text.lines().nth(1)?.split_whitespace().nth(3)?;
    Some(kib.parse::<u64>().ok()? / 1024)
}
