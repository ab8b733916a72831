//! Full pages of runs' logs, ready to be sent. A log only grows, and its lines are numbered without gaps, so a page that
//! is full never changes: it can be shown again without asking the database. Who may read it is decided before.

use bytes::Bytes;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Weighter};

/// Bytes that pages take at most, all together.
const MEMORY: u64 = 16 << 20;
/// Pages this has room for when they are of usual size.
const USUAL: usize = 2048;

/// Which page: the run, how many lines come before it, and how many it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// `r_…`
    pub run_id: String,
    /// Lines skipped.
    pub offset: i64,
    /// Lines asked for.
    pub limit: i64,
}

#[derive(Clone)]
struct Size;

impl Weighter<Place, Bytes> for Size {
    fn weight(&self, place: &Place, page: &Bytes) -> u64 {
        (place.run_id.len() + page.len() + 64) as u64
    }
}

/// The pages that were read lately.
pub struct LogPages(Cache<Place, Bytes, Size, DefaultHashBuilder>);

impl Default for LogPages {
    fn default() -> Self {
        Self(Cache::with_weighter(USUAL, MEMORY, Size))
    }
}

impl LogPages {
    /// A page that was kept.
    pub fn get(&self, place: &Place) -> Option<Bytes> {
        self.0.get(place)
    }

    /// Keeps a page, which has as many lines as were asked for.
    pub fn keep(&self, place: Place, page: Bytes) {
        self.0.insert(place, page);
    }
}
