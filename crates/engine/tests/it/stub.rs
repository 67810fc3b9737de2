//! A small server that plays one provider, and connections made with it through the form. A function says what the
//! server answers; what was asked is kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use catalog::{Catalog, Provider};
use engine::{ReadConnection, Submitted};
use protocol::Credential;
use serde_json::Value;
use testkit::World;
use testkit::databases::each_location;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fixtures::{Established, integration_key, submitted};

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }
}

/// What is answered: a status, more head lines, a body.
pub(crate) struct Answer(pub(crate) u16, pub(crate) &'static str, pub(crate) String);

pub(crate) fn json(status: u16, body: &Value) -> Answer {
    Answer(status, "content-type: application/json\r\n", body.to_string())
}

type Player = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

/// The server; its tasks end with it.
pub(crate) struct Stub {
    /// Host and port.
    pub(crate) host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

impl Stub {
    /// Answers by the function, which is told how often its path was asked before.
    pub(crate) async fn playing(player: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("a bound address").to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (kept, player): (_, Arc<Player>) = (Arc::clone(&asked), Arc::new(player));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(stream, Arc::clone(&kept), Arc::clone(&player)));
            }
        });
        Self { host, asked, _tasks: tasks }
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics while it holds the lock").clone()
    }

    /// How often a path was asked.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path() == path).count()
    }

    /// A provider of the catalog, moved to this server: every literal host of the list becomes this one, and calls are
    /// plain HTTP.
    pub(crate) fn provider(&self, slug: &str, hosts: &[&str]) -> Provider {
        let provider = Catalog::embedded().get(slug).expect("an embedded provider");
        let mut text = serde_json::to_string(&*provider).expect("providers are JSON");
        for host in hosts {
            text = text.replace(&format!("https://{host}"), &format!("http://{}", self.host));
        }
        serde_json::from_str(&text.replace("https://{", "http://{")).expect("it is still a provider")
    }
}

/// Runs a test in a world that knows these providers, on each kind of database.
pub(crate) async fn each_world_with<F, Fut>(providers: Vec<Provider>, test: F)
where
    F: Fn(World) -> Fut,
    Fut: Future<Output = ()>,
{
    let catalog = providers.into_iter().fold(Catalog::embedded(), Catalog::with_provider);
    let (test, catalog) = (&test, &catalog);
    each_location(|location| {
        Box::pin(async move { test(World::with_catalog(location, catalog.clone()).await).await })
    })
    .await;
}

async fn serve(stream: TcpStream, kept: Arc<Mutex<Vec<Asked>>>, player: Arc<Player>) {
    let mut stream = BufReader::new(stream);
    let Some(asked) = read(&mut stream).await else { return };
    let Answer(status, head, body) = {
        let mut kept = kept.lock().expect("no test panics while it holds the lock");
        let before = kept.iter().filter(|one| one.path() == asked.path()).count();
        kept.push(asked.clone());
        player(&asked, before)
    };
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status} X\r\n{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    // The other side may be gone already.
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut first = line.split(' ');
    let target = first.nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// A connection through the form.
pub(crate) async fn connected(world: &World, integration: &str, values: &[(&str, &str)]) -> Established {
    let integration = integration_key(integration);
    match submitted(world, &world.session().await, &integration, values).await {
        Ok(Submitted::Connected(connected)) => Established { integration, key: connected.connection },
        Ok(Submitted::Redirect { .. } | Submitted::Device { .. }) => panic!("a form does not lead away"),
        Err(error) => panic!("it is connected: {error}"),
    }
}

pub(crate) fn minted(read: &ReadConnection) -> &protocol::Minted {
    read.credential.as_ref().and_then(Credential::minted).expect("a minted credential")
}

/// A private key on P-256 as PEM, made for one test.
pub(crate) fn signing_key() -> String {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use base64::Engine as _;
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let der = der.expect("a key pair");
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")
}
