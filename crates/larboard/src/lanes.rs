//! Where user-written expressions are evaluated: beside the threads that serve requests, and the short ones apart from the
//! long ones.
//!
//! Every evaluation begins in the quick lane, with little to spend. What needs more starts anew in the slow lane, which has
//! few places and a short queue. So a hostile expression competes with other long ones and slows nobody else, whatever its
//! limits are. An evaluation that nobody waits for any more, because its client has gone or the server stops, ends itself.

use crate::config::Config;
use crate::ops::{Failure, Outcome};
use larboard_core::refusal::{Code, Refusal};
use larboard_core::template::TemplateLimits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Steps and bytes that an evaluation in the quick lane may use: a few milliseconds.
const QUICK_FUEL: u64 = 50_000;
const QUICK_MEMORY: u64 = 4 << 20;

/// Evaluations that may wait for the slow lane.
const WAITING: usize = 64;

/// How long an evaluation has been under way; far too long once nobody waits for it.
pub type Stopwatch<'a> = &'a dyn Fn() -> Duration;

/// The lanes of this process.
pub struct Lanes {
    limits: TemplateLimits,
    quick_limits: TemplateLimits,
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    /// Evaluations in the slow lane, and waiting for it.
    slow_count: Arc<AtomicUsize>,
    stopping: CancellationToken,
}

impl Lanes {
    /// Lanes with the limits of `config`, until `stopping`.
    pub fn new(config: &Config, stopping: CancellationToken) -> Self {
        let limits = config.template_limits.clone();
        let mut quick_limits = limits.clone();
        quick_limits.fuel = limits.fuel.min(QUICK_FUEL);
        quick_limits.memory = limits.memory.min(QUICK_MEMORY);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            limits,
            quick_limits,
            quick: Arc::new(Semaphore::new(2 * cores)),
            slow: Arc::new(Semaphore::new(cores.div_ceil(4))),
            slow_count: Arc::default(),
            stopping,
        }
    }

    /// The limits of a whole evaluation.
    pub fn limits(&self) -> &TemplateLimits {
        &self.limits
    }

    /// How many evaluations are in the slow lane or wait for it.
    pub fn slow_count(&self) -> usize {
        self.slow_count.load(Ordering::SeqCst)
    }

    /// Evaluates `work`; `limited` tells whether it failed for want of more to spend.
    ///
    /// # Errors
    /// `overloaded` if too many long evaluations wait already.
    pub async fn run<T, E>(
        &self,
        work: impl Fn(&TemplateLimits, Stopwatch<'_>) -> Result<T, E> + Send + Sync + 'static,
        limited: impl Fn(&E) -> bool,
    ) -> Outcome<Result<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let work = Arc::new(work);
        metrics::counter!("larboard_jq_evaluations_total", "lane" => "quick").increment(1);
        let first = self
            .in_lane(&self.quick, &self.quick_limits, work.clone())
            .await?;
        match first {
            Err(error) if limited(&error) && self.quick_limits != self.limits => {}
            other => return Ok(other),
        }
        let _place = Place::take(&self.slow_count)?;
        metrics::counter!("larboard_jq_evaluations_total", "lane" => "slow").increment(1);
        self.in_lane(&self.slow, &self.limits, work).await
    }

    async fn in_lane<T, E>(
        &self,
        lane: &Arc<Semaphore>,
        limits: &TemplateLimits,
        work: Arc<impl Fn(&TemplateLimits, Stopwatch<'_>) -> Result<T, E> + Send + Sync + 'static>,
    ) -> Outcome<Result<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let closed = |_| Failure::Internal("a lane for evaluations is closed".into());
        let permit = lane.clone().acquire_owned().await.map_err(closed)?;
        let (limits, stopping) = (limits.clone(), self.stopping.clone());
        let waited_for = Arc::new(AtomicBool::new(true));
        let _gone = SetOnDrop(waited_for.clone());
        let done = tokio::task::spawn_blocking(move || {
            // Given back when the evaluation ends, not when its client goes.
            let _permit = permit;
            let started = Instant::now();
            let stopwatch = || {
                if stopping.is_cancelled() || !waited_for.load(Ordering::Relaxed) {
                    Duration::MAX
                } else {
                    started.elapsed()
                }
            };
            work(&limits, &stopwatch)
        });
        done.await
            .map_err(|error| Failure::Internal(format!("an evaluation broke off: {error}")))
    }
}

/// Tells an evaluation that nobody waits for it.
struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// A place in the slow lane or before it.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(count: &Arc<AtomicUsize>) -> Result<Self, Refusal> {
        let place = Self(count.clone());
        if count.fetch_add(1, Ordering::SeqCst) >= WAITING {
            return Err(Refusal::new(
                Code::Overloaded,
                "Too many long expressions are being evaluated. Nothing was written; try again shortly.",
            ));
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
