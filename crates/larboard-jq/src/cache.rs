//! Compiled programs, kept by their text, so that nothing is compiled twice in a steady state.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::CompileError;
use crate::program::{Options, Program};

/// A bounded, shared cache of programs that were compiled with the same options.
///
/// When it is full, the half that was not used for longest goes. Texts that do not compile are not kept.
#[derive(Debug)]
pub struct Cache {
    options: Options,
    capacity: usize,
    programs: RwLock<HashMap<Arc<str>, Kept>>,
    clock: AtomicU64,
    hits: AtomicU64,
    compiles: AtomicU64,
}

#[derive(Debug)]
struct Kept {
    program: Program,
    used: AtomicU64,
}

/// How a cache was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Programs that were found.
    pub hits: u64,
    /// Texts that had to be compiled, those with errors included.
    pub compiles: u64,
    /// Programs that are kept now.
    pub kept: usize,
}

impl Cache {
    /// A cache for at most so many programs.
    pub fn new(capacity: usize, options: Options) -> Cache {
        Cache {
            options,
            capacity: capacity.max(1),
            programs: RwLock::default(),
            clock: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            compiles: AtomicU64::new(0),
        }
    }

    /// The program of a text, compiled now if it is not kept.
    pub fn get(&self, text: &str) -> Result<Program, CompileError> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        {
            let programs = self.programs.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = programs.get(text) {
                kept.used.store(now, Ordering::Relaxed);
                self.hits.fetch_add(1, Ordering::Relaxed);
                return Ok(kept.program.clone());
            }
        }
        self.compiles.fetch_add(1, Ordering::Relaxed);
        let program = Program::compile(text, &self.options)?;
        let mut programs = self
            .programs
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if programs.len() >= self.capacity {
            make_room(&mut programs, self.capacity);
        }
        let kept = Kept {
            program: program.clone(),
            used: AtomicU64::new(now),
        };
        programs.insert(Arc::from(text), kept);
        Ok(program)
    }

    /// How it was used so far.
    pub fn stats(&self) -> CacheStats {
        let programs = self.programs.read().unwrap_or_else(PoisonError::into_inner);
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            compiles: self.compiles.load(Ordering::Relaxed),
            kept: programs.len(),
        }
    }
}

/// Removes the half that was not used for longest.
fn make_room(programs: &mut HashMap<Arc<str>, Kept>, capacity: usize) {
    let mut uses: Vec<u64> = (programs.values())
        .map(|kept| kept.used.load(Ordering::Relaxed))
        .collect();
    uses.sort_unstable();
    let oldest = uses[uses.len() / 2];
    programs.retain(|_, kept| kept.used.load(Ordering::Relaxed) > oldest);
    if programs.len() >= capacity {
        programs.clear();
    }
}
