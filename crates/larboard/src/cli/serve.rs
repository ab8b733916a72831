//! `larboard serve`.

use super::{runtime, say};
use crate::config::Config;
use crate::ops::bootstrap::Made;
use crate::start::{StartError, assemble, lock_data, open_store, run as run_server};
use crate::state::App;
use crate::system::{SystemClock, SystemIds};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub(super) fn run(config: Config) -> Result<ExitCode, StartError> {
    check_tls(&config)?;
    // Held until the process ends.
    let _lock = lock_data(&config)?;
    let store = open_store(&config)?;
    runtime()?.block_on(async {
        let listener = listen(&config).await?;
        let (app, made) =
            assemble(config, store, Arc::new(SystemClock), Arc::new(SystemIds)).await?;
        // Whoever reads that it serves may already ask it to stop.
        stop_on_signal(app.clone())?;
        announce(&app, &made);
        run_server(app, listener).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Says what is wrong with the certificate before anything is opened or announced.
pub(super) fn check_tls(config: &Config) -> Result<(), StartError> {
    config.tls.as_ref().map_or(Ok(()), |(certificate, key)| {
        crate::http::tcp::acceptor(certificate, key)
            .map(drop)
            .map_err(|e| StartError(e.to_string()))
    })
}

pub(super) async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    TcpListener::bind(config.listen).await.map_err(|e| {
        StartError(format!(
            "cannot listen on {}: {e}; choose another address with --listen",
            config.listen
        ))
    })
}

/// Shows the credentials of the first start, once, and where the server is.
pub(super) fn announce(app: &App, made: &Made) {
    if let Some((id, secret)) = &made.app {
        say("Default app (shown once; its secret also signs webhooks):");
        say(&format!("  client id      {id}"));
        say(&format!("  client secret  {secret}"));
    }
    if let Some((email, password)) = &made.administrator {
        say("Administrator (shown once):");
        say(&format!("  e-mail         {email}"));
        say(&format!("  password       {password}"));
    }
    say(&format!(
        "Larboard serves {} (listening on {})",
        app.config.public_url, app.config.listen
    ));
    tracing::info!(listen = %app.config.listen, database = app.store.kind(), "serving");
}

/// Stops the server on SIGTERM and on Ctrl-C; a second signal ends the process at once.
pub(super) fn stop_on_signal(app: App) -> Result<(), StartError> {
    let catch = |kind| signal(kind).map_err(|e| StartError(format!("cannot catch signals: {e}")));
    let (mut terminate, mut interrupt) = (
        catch(SignalKind::terminate())?,
        catch(SignalKind::interrupt())?,
    );
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: finishing what was accepted");
        app.stopping.cancel();
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        std::process::exit(130);
    });
    Ok(())
}
