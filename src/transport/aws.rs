//! AWS credentials, region and signatures, through the official crates.
//!
//! Owns: where credentials come from (ECS task role, IMDS, web identity, SSO, profile, assumed role), when they
//! are fetched again, and SigV4. Knows no service. The credential chain sends through our own HTTP client, so that
//! there is one TLS stack; its endpoints on the link-local network bypass proxies.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest as SmithyRequest, HttpResponse as SmithyResponse,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;
use aws_types::service_config::ServiceConfigKey;

use super::http::{Client, Failure};
use crate::config::endpoint::{AwsService, EndpointVariant};
use crate::config::{AwsEnvironment, Identity};
use crate::destination::{HttpRequest, Reply};

/// New credentials are fetched this long before the old ones expire.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(300);

/// Refused credentials are fetched again at most this often: the provider may hand out the same ones for a while.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(5);

/// A fetch that failed is tried again after this, while the old credentials last.
const FETCH_RETRY_INTERVAL: Duration = Duration::from_secs(30);

/// How long fetching credentials may take in all.
const FETCH_TIMEOUT: Duration = Duration::from_secs(8);

/// The header with the digest of the body, in requests that come with one.
const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// Reads the environment, the profile (`None`: the one that `AWS_PROFILE` names) and, if the region is wanted and stands
/// in neither, the instance metadata.
pub async fn environment(client: &Client, profile: Option<&str>, wants_region: bool) -> AwsEnvironment {
    let mut loader = config_loader(client, profile);
    if !wants_region {
        // With a region given the instance is not asked.
        loader = loader.region(Region::from_static("us-east-1"));
    }
    let Ok(config) = tokio::time::timeout(FETCH_TIMEOUT, loader.load()).await else {
        return AwsEnvironment::default();
    };
    let variant = EndpointVariant {
        fips: config.use_fips().unwrap_or_default(),
        dualstack: config.use_dual_stack().unwrap_or_default(),
    };
    AwsEnvironment {
        region: config.region().filter(|_| wants_region).map(ToString::to_string),
        variant,
        endpoints: AwsService::ALL
            .iter()
            .filter_map(|service| Some((*service, named_endpoint(&config, *service)?)))
            .collect(),
    }
}

/// `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL` or what the profile says in their place.
fn named_endpoint(config: &SdkConfig, service: AwsService) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service.sdk_id())
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}

/// Signs requests as one [`Identity`].
#[derive(Debug)]
pub struct Signer {
    identity: Identity,
    /// The region to sign for; the identity's until a service names another.
    region: RefCell<String>,
    client: Client,
    provider: tokio::sync::OnceCell<Option<SharedCredentialsProvider>>,
    fetching: tokio::sync::Mutex<()>,
    current: RefCell<Current>,
}

/// Credentials for one service in one region. Signs on any thread.
#[derive(Debug)]
pub struct SigningKey {
    credentials: Credentials,
    region: String,
    service: &'static str,
}

#[derive(Debug, Default)]
struct Current {
    credentials: Option<Credentials>,
    refused_at: Option<SystemTime>,
    /// The last fetch failed: while the old credentials last, none is tried until then.
    retry_fetch_at: Option<SystemTime>,
}

impl Signer {
    /// Fetches nothing before the first request.
    #[must_use]
    pub fn new(identity: Identity, client: Client) -> Self {
        Self {
            region: RefCell::new(identity.region.clone()),
            identity,
            client,
            provider: <_>::default(),
            fetching: <_>::default(),
            current: <_>::default(),
        }
    }

    /// What signs a request for `service` now.
    ///
    /// # Errors
    /// There are no credentials, or they could not be fetched.
    pub async fn key(&self, service: &'static str) -> Result<SigningKey, Failure> {
        let region = self.region.borrow().clone();
        self.key_in(service, &region).await
    }

    /// What signs a request for `service` in this region now.
    ///
    /// # Errors
    /// There are no credentials, or they could not be fetched.
    pub async fn key_in(&self, service: &'static str, region: &str) -> Result<SigningKey, Failure> {
        Ok(SigningKey { credentials: self.credentials().await?, region: region.to_owned(), service })
    }

    /// Fetches other credentials before the next request: the service refused those in use.
    pub fn credentials_refused(&self) {
        let mut current = self.current.borrow_mut();
        let now = SystemTime::now();
        let last_age = current.refused_at.and_then(|at| now.duration_since(at).ok());
        if last_age.is_none_or(|age| age >= MIN_REFRESH_INTERVAL) {
            *current = Current { refused_at: Some(now), ..Current::default() };
        }
    }

    /// Signs later requests for this region.
    pub fn set_region(&self, region: &str) {
        self.region.replace(region.to_owned());
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        match self.fetch().await {
            Ok(fetched) => {
                let mut current = self.current.borrow_mut();
                *current = Current {
                    credentials: Some(fetched.clone()),
                    refused_at: current.refused_at,
                    retry_fetch_at: None,
                };
                Ok(fetched)
            }
            Err(failure) => self.after_failed_fetch().ok_or(failure),
        }
    }

    async fn fetch(&self) -> Result<Credentials, Failure> {
        let fetching = async {
            let provider = self.provider.get_or_init(|| self.make_provider()).await;
            let provider = provider.as_ref().ok_or_else(|| CredentialsError::not_loaded("no provider"))?;
            provider.provide_credentials().await
        };
        tokio::time::timeout(FETCH_TIMEOUT, fetching)
            .await
            .map_err(|_| Failure::Credentials("no provider answered in time".to_owned()))?
            .map_err(|error| Failure::Credentials(with_causes(&error)))
    }

    /// The current credentials, if nothing needs to be fetched now.
    fn fresh(&self) -> Option<Credentials> {
        let current = self.current.borrow();
        let now = SystemTime::now();
        let refresh_before = if current.retry_fetch_at.is_some_and(|until| now < until) {
            Duration::ZERO
        } else {
            REFRESH_BEFORE_EXPIRY
        };
        let credentials = current.credentials.as_ref()?;
        let lasts = credentials.expiry().is_none_or(|expiry| now + refresh_before < expiry);
        lasts.then(|| credentials.clone())
    }

    /// The old credentials, if they have not expired yet.
    fn after_failed_fetch(&self) -> Option<Credentials> {
        self.current.borrow_mut().retry_fetch_at = Some(SystemTime::now() + FETCH_RETRY_INTERVAL);
        self.fresh()
    }

    /// `None` when the chain is switched off, which the defaults never do.
    async fn make_provider(&self) -> Option<SharedCredentialsProvider> {
        let identity = &self.identity;
        let config = config_loader(&self.client, identity.profile.as_deref())
            .region(Region::new(identity.region.clone()))
            .use_fips(identity.variant.fips)
            .use_dual_stack(identity.variant.dualstack)
            .load()
            .await;
        let base = config.credentials_provider()?;
        Some(match &identity.role_arn {
            Some(role) => SharedCredentialsProvider::new(assume_role(role, identity, &config, base).await),
            None => base,
        })
    }
}

async fn assume_role(
    role: &str,
    identity: &Identity,
    config: &SdkConfig,
    base: SharedCredentialsProvider,
) -> AssumeRoleProvider {
    let mut config = config.to_builder();
    if let Some(endpoint) = &identity.sts_endpoint {
        // A named address is a host already: there is no variant of it.
        config = config.endpoint_url(endpoint).use_fips(false).use_dual_stack(false);
    }
    let mut builder =
        AssumeRoleProvider::builder(role).session_name("fluent-bit-ecs-router").configure(&config.build());
    if let Some(external_id) = &identity.external_id {
        builder = builder.external_id(external_id);
    }
    builder.build_from_provider(base).await
}

fn config_loader(client: &Client, profile: Option<&str>) -> aws_config::ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(SdkHttpClient(client.clone()));
    match profile {
        Some(profile) => loader.profile_name(profile),
        None => loader,
    }
}

impl SigningKey {
    /// Adds the headers of a SigV4 signature. Hashes the body, unless a header holds its digest.
    ///
    /// # Errors
    /// The request cannot be signed as it is, or not with these credentials.
    pub fn sign(&self, request: &mut HttpRequest) -> Result<(), Failure> {
        if self.service != "s3" {
            sign_what_is_sent(request);
        }
        let failed = |error: &dyn std::fmt::Display| Failure::Credentials(format!("cannot sign: {error}"));
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(signing_settings(self.service))
            .build()
            .map_err(|error| failed(&error))?;
        let headers =
            request.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Precomputed(digest_of(request));
        let signable = SignableRequest::new(request.method.as_str(), request.url.as_str(), headers, body)
            .map_err(|error| failed(&error))?;
        let (instructions, _) =
            sign(signable, &parameters.into()).map_err(|error| failed(&error))?.into_parts();
        add_headers(&instructions, request);
        Ok(())
    }
}

/// S3 signs the path as it is sent. S3 and OpenSearch Serverless want the body's digest in a header. All other services
/// take the defaults (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>,
/// <https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html>, read 2026-11).
fn signing_settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    if matches!(service, "s3" | "aoss") {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// SHA-256 of the body in hex; one that is known already is not computed again.
fn digest_of(request: &HttpRequest) -> String {
    match request.headers.get(CONTENT_SHA256).and_then(|digest| digest.to_str().ok()) {
        Some(known) => known.to_owned(),
        None => hex::encode(request.body.sha256()),
    }
}

/// The client writes a URL in its normal form: without a default port, with `%7B` for a brace. Keys of S3 are in theirs
/// already.
fn sign_what_is_sent(request: &mut HttpRequest) {
    if let Ok(url) = reqwest::Url::parse(&request.url) {
        request.url = url.into();
    }
}

fn add_headers(instructions: &aws_sigv4::http_request::SigningInstructions, request: &mut HttpRequest) {
    for (name, value) in instructions.headers() {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_str(value)) {
            request.headers.insert(name, value);
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Lets the official crates send through our [`Client`].
#[derive(Debug, Clone)]
struct SdkHttpClient(Client);

/// How long one request of the credential chain may take.
const CHAIN_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

impl HttpClient for SdkHttpClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SdkHttpClient {
    fn call(&self, request: SmithyRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = from_sdk_request(request)?;
            let reply = client.send(&request, CHAIN_REQUEST_TIMEOUT).await.map_err(connector_error)?;
            if reply.truncated {
                return Err(ConnectorError::io("the reply broke off".into()));
            }
            to_sdk_response(reply)
        })
    }
}

fn from_sdk_request(request: SmithyRequest) -> Result<HttpRequest, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(bytes::Bytes::copy_from_slice).unwrap_or_default();
    Ok(HttpRequest {
        method: parts.method,
        url: parts.uri.to_string(),
        headers: parts.headers,
        body: body.into(),
        sign: None,
    })
}

fn to_sdk_response(reply: Reply) -> Result<SmithyResponse, ConnectorError> {
    let mut response = http::Response::new(SdkBody::from(reply.body));
    *response.status_mut() = http::StatusCode::from_u16(reply.status)
        .map_err(|error| ConnectorError::other(error.into(), None))?;
    *response.headers_mut() = reply.headers;
    SmithyResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

fn connector_error(failure: Failure) -> ConnectorError {
    match failure {
        Failure::Timeout(_) => ConnectorError::timeout(failure.into()),
        other => ConnectorError::io(other.into()),
    }
}
