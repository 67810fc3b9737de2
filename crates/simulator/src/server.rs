//! The only part with a socket: a TLS listener that has a certificate for every name.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::arrived::Arrived;
use crate::simulator::{Reply, Simulator};

/// Where the provider of the moment sits; nobody between two scenes.
pub type Seat = Arc<Mutex<Option<Simulator>>>;

/// A listener for every host of the internet.
pub struct Listener {
    address: SocketAddr,
    authority: Vec<u8>,
    seat: Seat,
    _task: JoinSet<()>,
}

impl Listener {
    /// Opens a port on loopback and makes an authority that vouches for every name.
    pub async fn open() -> io::Result<Self> {
        let names = Names::new().map_err(io::Error::other)?;
        let authority = names.authority.clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_client_cert_verifier(Arc::new(Anyone(provider)))
            .with_cert_resolver(Arc::new(names));
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let seat = Seat::default();
        let mut task = JoinSet::new();
        task.spawn(accept(socket, TlsAcceptor::from(Arc::new(config)), seat.clone()));
        Ok(Self { address, authority, seat, _task: task })
    }

    /// The port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority, DER.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// The seat of the provider.
    pub const fn seat(&self) -> &Seat {
        &self.seat
    }
}

async fn accept(socket: TcpListener, acceptor: TlsAcceptor, seat: Seat) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(speak(stream, acceptor.clone(), seat.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection. One that breaks off is the other side's business.
async fn speak(stream: TcpStream, acceptor: TlsAcceptor, seat: Seat) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let session = stream.get_ref().1;
    let name = session.server_name().unwrap_or_default().to_owned();
    let shown = session.peer_certificates().and_then(|chain| chain.first()).map(|first| first.to_vec());
    let service = service_fn(move |request| answer(request, name.clone(), shown.clone(), seat.clone()));
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    drop(served.await);
}

async fn answer(
    request: http::Request<Incoming>,
    server_name: String,
    certificate: Option<Vec<u8>>,
    seat: Seat,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let arrived = Arrived::new(http::Request::from_parts(head, body), &server_name);
    let arrived = arrived.map(|arrived| Arrived { certificate, ..arrived });
    let mut seat = seat.lock().unwrap_or_else(PoisonError::into_inner);
    let reply = match (seat.as_mut(), arrived) {
        (Some(simulator), Ok(arrived)) => simulator.answer(&arrived),
        (Some(simulator), Err(complaint)) => {
            simulator.object(complaint);
            Reply::refusal(400, "invalid_request")
        }
        (None, _) => Reply::refusal(503, "nobody_here"),
    };
    Ok(response(reply))
}

fn response(reply: Reply) -> http::Response<Full<Bytes>> {
    let mut builder = http::Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::from(reply.body)).expect("replies are made of plain names and values")
}

/// Asks for a client certificate and takes any: whether it is the right one is the judge's business.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ClientCertVerifier for Anyone {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Certificates for names, made when they are first asked for.
struct Names {
    authority: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    /// One key for all names: making one takes longer than signing with it.
    key: KeyPair,
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}

impl Names {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = KeyPair::generate()?;
        let authority = params.self_signed(&own)?.der().to_vec();
        let (issuer, key) = (Issuer::new(params, own), KeyPair::generate()?);
        Ok(Self { authority, issuer, key, made: Mutex::default() })
    }

    fn make(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let params = CertificateParams::new(vec![name.to_owned()]).ok()?;
        let certificate = params.signed_by(&self.key, &self.issuer).ok()?;
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).ok()?;
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).ok()?;
        Some(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
    }
}

impl ResolvesServerCert for Names {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(name) {
            return Some(known.clone());
        }
        let new = self.make(name)?;
        made.insert(name.to_owned(), new.clone());
        Some(new)
    }
}
