//! The server's own log: where it goes, and that no secret gets into it.

use crate::config::{Config, LogFormat};
use crate::start::StartError;
use arc_swap::ArcSwapOption;
use larboard_core::scrub::Scrubber;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// What is struck out of every line. One for the process, as the log is.
static SCRUBBER: ArcSwapOption<Scrubber> = ArcSwapOption::const_empty();

/// Strikes these secrets out of every line from now on.
pub fn strike_out(scrubber: Arc<Scrubber>) {
    SCRUBBER.store(Some(scrubber));
}

/// Starts the log of this process, on standard error.
///
/// # Errors
/// If the configured filter cannot be read.
pub fn start(config: &Config) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&config.log).map_err(|e| {
        StartError(format!(
            "log {:?}: {e}; use a level or pairs such as larboard=debug",
            config.log
        ))
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(|| Scrubbed(std::io::stderr()));
    match config.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// Writes lines with secrets struck out. The subscriber hands over one whole line at a time.
struct Scrubbed<W>(W);

impl<W: Write> Write for Scrubbed<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        match &*SCRUBBER.load() {
            Some(scrubber) => {
                let text = String::from_utf8_lossy(line);
                self.0.write_all(scrubber.text(&text).as_bytes())?;
            }
            None => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_secret_in_a_logged_error_is_struck_out_in_text_and_in_json() {
        strike_out(Arc::new(Scrubber::of(["pass\"word-1".to_owned()])));
        let kept = Kept::default();
        let (text, json) = (kept.clone(), kept.clone());
        let text = tracing_subscriber::fmt().with_writer(move || Scrubbed(text.clone()));
        let json = tracing_subscriber::fmt().with_writer(move || Scrubbed(json.clone()));
        let fail = || {
            let error = std::io::Error::other("cannot use pass\"word-1");
            tracing::error!(?error, %error, "failed");
        };
        tracing::subscriber::with_default(text.finish(), fail);
        tracing::subscriber::with_default(json.json().finish(), fail);
        let written = String::from_utf8(kept.0.lock().clone()).expect("text");
        assert_eq!(written.lines().count(), 2);
        assert_eq!(written.matches("***").count(), 4, "{written}");
        assert!(!written.contains("word-1"), "{written}");
    }
}
