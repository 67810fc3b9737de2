//! `claviger doctor`: looks at everything a start needs, changes nothing, exits with 1 on a fault.

use anyhow::bail;
use engine::ports::{Clock as _, SystemClock};
use store::{Location, Store};

use crate::config::Settings;
use crate::house;
use crate::terminal::say;

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut faults = 0;
    let checks = [
        ("store and master key", store_and_key(&settings).await),
        ("clock", clock()),
        ("public URL", public_url(&settings)),
        ("catalog", house::catalog(&settings).map(|catalog| format!("{} providers", catalog.len()))),
        ("logos", logos(&settings)),
        ("way out", way_out(&settings)),
    ];
    for (name, outcome) in checks {
        match outcome {
            Ok(said) => say(&format!("ok     {name}: {said}")),
            Err(error) => {
                faults += 1;
                say(&format!("FAULT  {name}: {error:#}"));
            }
        }
    }
    if faults > 0 {
        bail!("{faults} fault(s) found");
    }
    Ok(())
}

async fn store_and_key(settings: &Settings) -> anyhow::Result<String> {
    let location = house::location(settings)?;
    if let Location::Sqlite { path } = &location
        && !path.exists()
    {
        return Ok(format!("{} does not exist yet; the first start makes it", path.display()));
    }
    let (location, _) = house::store_and_key(settings).await?;
    let store = Store::open(&location).await?;
    store.ping().await?;
    store.close().await;
    Ok("reachable, and the master key opens it".to_owned())
}

/// A clock that is wrong by years breaks TLS and every lifetime; smaller errors cannot be seen from here.
fn clock() -> anyhow::Result<String> {
    let now = SystemClock.now();
    let built_after: jiff::Timestamp = "2026-01-01T00:00:00Z".parse()?;
    if now < built_after {
        bail!("the clock says {now}, which is before this program was made");
    }
    Ok(now.to_string())
}

fn public_url(settings: &Settings) -> anyhow::Result<String> {
    let url = house::public_url(settings, settings.listen)?;
    let local =
        url.host_str().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]");
    if url.scheme() == "http" && !local {
        bail!(
            "{url} is plain http: browsers will send sessions unprotected, and providers refuse such callbacks"
        );
    }
    Ok(format!("{url} (callback {}oauth/callback)", url.as_str()))
}

/// A logo that is not served is no danger, but it is not what the operator wanted either.
fn logos(settings: &Settings) -> anyhow::Result<String> {
    let Some(directory) = &settings.logos_dir else { return Ok("drawn marks only".to_owned()) };
    let troubles = house::logos(settings)?.check(&house::catalog(settings)?)?;
    if !troubles.is_empty() {
        bail!("in {}: {}", directory.display(), troubles.join("; "));
    }
    Ok(format!("every file in {} can be served", directory.display()))
}

/// The rules must refuse what they are for; nothing outside is contacted.
fn way_out(settings: &Settings) -> anyhow::Result<String> {
    let egress = house::egress(settings)?;
    let metadata_service = url::Url::parse("https://169.254.169.254/")?;
    let guarded = egress.check_url(&metadata_service).is_err();
    let note = if guarded {
        "inner addresses are refused"
    } else {
        "--egress-allow opens the cloud metadata address"
    };
    Ok(note.to_owned())
}
