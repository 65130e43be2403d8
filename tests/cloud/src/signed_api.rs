//! APIs of AWS that take anybody's requests if they are signed: `/signed/<service>/…`.
//!
//! CloudWatch's OTLP endpoint (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>),
//! bulk requests of OpenSearch, as a domain and serverless
//! (<https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html>), API Gateway and function
//! URLs of Lambda; read 2026-11. The signature's service has to be that of the path.

use crate::{
    core::Core,
    fault::Twist,
    http_api, http_intake, otlp,
    received::Received,
    reply::{Refusal, Reply},
    sigv4::Authorization,
};

const SERVICES: [&str; 6] = ["logs", "es", "aoss", "osis", "execute-api", "lambda"];

/// What CloudWatch takes in one request.
const MAX_OTLP_BYTES: usize = 1 << 20;

/// The service of a path of the form `/signed/<service>/…`.
pub(crate) fn service(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("/signed/")?.split('/').next()?;
    SERVICES.into_iter().find(|known| *known == name)
}

pub(crate) fn serve(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    match service(&request.path) {
        Some("logs") => serve_otlp(core, request, twist),
        Some("osis") => otlp::serve(core, request, twist),
        Some("es") => http_intake::serve_as(core, request, Some(http_api::bulk)),
        Some("aoss") => {
            check_digest(request)?;
            http_intake::serve_as(core, request, Some(http_api::bulk))
        }
        _ => http_intake::serve_as(core, request, None),
    }
}

fn serve_otlp(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    if request.body.len() > MAX_OTLP_BYTES {
        return Err(Refusal::broken("InvalidParameterException", "Upload too large").status(413));
    }
    let required = |name: &'static str| {
        let missing = || Refusal::broken("InvalidParameterException", format!("{name} is missing"));
        request.header(name).ok_or_else(missing)
    };
    let group = required("x-aws-log-group")?;
    required("x-aws-log-stream")?;
    if !core.cloudwatch.lock().has_group(group) {
        let message = "The specified log group does not exist.";
        return Err(Refusal::state("ResourceNotFoundException", message));
    }
    otlp::serve(core, request, twist)
}

pub(crate) fn error(refusal: &Refusal) -> Reply {
    let body = serde_json::json!({ "message": refusal.message });
    Reply::json(refusal.status, &body).header("x-amzn-errortype", &refusal.code)
}

/// A collection wants the body's digest as a header that is signed, and no length that is.
fn check_digest(request: &Received) -> Result<(), Refusal> {
    let authorization = request.header("authorization").and_then(|header| Authorization::parse(header).ok());
    let signs = |name: &str| authorization.as_ref().is_some_and(|authorization| authorization.signs(name));
    match signs("x-amz-content-sha256") && !signs("content-length") {
        true => Ok(()),
        false => Err(Refusal::broken("AccessDeniedException", "Forbidden").status(403)),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cloud, testing::Call};

    const BULK: &str = "{\"create\":{}}\n{\"@timestamp\":\"2026-11-18T11:06:40Z\"}\n";

    fn post(path: &str) -> Call {
        Call::new("POST", path).header("content-type", "application/x-ndjson").body(BULK)
    }

    #[test]
    fn only_the_services_own_signature_is_taken() {
        let cloud = Cloud::start();
        assert_eq!(post("/signed/es/_bulk").sign(&cloud, "es").status, 200);
        assert_eq!(cloud.http().values("/signed/es/_bulk").len(), 1);
        cloud.assert_no_complaints();
        let refused = post("/signed/es/_bulk").sign(&cloud, "aoss");
        assert_eq!(refused.status, 403);
        assert_eq!(refused.headers["x-amzn-errortype"], "InvalidSignatureException");
        assert_eq!(post("/signed/es/_bulk").send(&cloud).unwrap().status, 403);
        assert_eq!(post("/signed/aoss/_bulk").sign(&cloud, "aoss").status, 200);
        assert_eq!(cloud.take_complaints().len(), 2);
    }

    #[test]
    fn cloudwatch_wants_a_place_that_exists() {
        let cloud = Cloud::builder().create_groups(["/g"]).start();
        let post = |group: &str| {
            let call = Call::new("POST", "/signed/logs/v1/logs").header("content-type", "application/json");
            call.header("x-aws-log-group", group)
                .header("x-aws-log-stream", "s")
                .body("{}")
                .sign(&cloud, "logs")
        };
        assert_eq!(post("/g").status, 200);
        assert_eq!(post("/other").headers["x-amzn-errortype"], "ResourceNotFoundException");
        cloud.assert_no_complaints();
        assert_eq!(Call::new("POST", "/signed/logs/v1/logs").sign(&cloud, "logs").status, 400);
        assert_eq!(cloud.take_complaints().len(), 1);
    }
}
