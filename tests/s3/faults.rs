//! Objects of the spool against every fault: each arrives once, and its file stays until then.
//!
//! S3 takes an object or it does not, so there is no partial reply; an object that is too large for whoever is asked
//! stays where it is, because its halves would need names of their own.

use super::*;

/// S3 did not take it, but will.
fn passing() -> [Fault; 4] {
    [Fault::aws(500, "InternalError"), Fault::aws(400, "ExpiredToken"), Fault::hang(), Fault::reset()]
}

/// S3 took it, and nobody heard of it.
fn lost() -> [Fault; 2] {
    [Fault::reset_mid_body(), Fault::accept_then_cut()]
}

/// More than one part.
fn fill(instance: &Instance) {
    static LINES: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| noise(6_000));
    for lines in LINES.chunks(1_000) {
        assert_eq!(instance.flush(b"app", &chunk("web", lines.to_vec())), Verdict::Ok);
    }
}

#[test]
fn a_small_object_arrives_once_whatever_happens_on_the_way() {
    for fault in passing().into_iter().chain(lost()).chain([
        Fault::aws(503, "SlowDown"),
        Fault::aws(409, "ConditionalRequestConflict"),
        Fault::reply(502).body("<html>bad gateway</html>"),
        Fault::reply(200).body("<html>a proxy's page</html>"),
        Fault::slow(Duration::from_millis(300)),
        Fault::accept_then_hang(),
    ]) {
        let scene = Scene::new(&[("s3.timeout", "2s")]);
        let what = format!("{fault:?}");
        scene.cloud.script(Api::PutObject, [fault]);
        let instance = scene.start();
        assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok, "{what}");
        instance.drain();
        assert_eq!(scene.lines(), ["x"], "{what}");
        scene.assert_clean();
    }
}

#[test]
fn a_large_object_arrives_once_whatever_happens_to_its_beginning() {
    passing().into_iter().for_each(|fault| bring_parts(Api::CreateMultipartUpload, fault, 0));
    // Nobody can abort an upload whose name was in the reply that was lost.
    lost().into_iter().for_each(|fault| bring_parts(Api::CreateMultipartUpload, fault, 1));
}

#[test]
fn a_large_object_arrives_once_whatever_happens_to_its_parts() {
    passing().into_iter().chain(lost()).for_each(|fault| bring_parts(Api::UploadPart, fault, 0));
}

#[test]
fn a_large_object_arrives_once_whatever_happens_to_its_completion() {
    passing().into_iter().chain(lost()).for_each(|fault| bring_parts(Api::CompleteMultipartUpload, fault, 0));
}

/// With this many uploads left over that somebody has to pay for.
fn bring_parts(api: Api, fault: Fault, left: usize) {
    let scene = Scene::new(&[("s3.compress", "none"), ("s3.timeout", "5s")]);
    let what = format!("{fault:?}");
    scene.cloud.script(api, [fault]);
    let instance = scene.start();
    fill(&instance);
    instance.drain();
    assert_eq!(scene.lines().len(), 6_000, "{what}");
    assert_eq!(scene.cloud.s3().uploads(BUCKET).len(), left, "{what}");
    assert_eq!(scene.files(), Vec::<PathBuf>::new(), "{what}");
    scene.cloud.assert_no_complaints();
}

#[test]
fn the_pause_asked_for_is_kept() {
    let scene = Scene::new(&[]);
    scene.cloud.script(Api::PutObject, [Fault::aws(503, "SlowDown").retry_after(1)]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok);
    instance.drain();
    let requests = scene.cloud.requests_for(Api::PutObject);
    assert_eq!(requests.len(), 2);
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
}

#[test]
fn with_nobody_listening_everything_waits_on_disk() {
    let scene = Scene::new(&[("exit_timeout", "1s")]);
    let port = test_support::port::free_port();
    let mut keys = scene.keys.clone();
    keys.insert("s3.endpoint".to_owned(), format!("http://127.0.0.1:{port}"));
    let instance = Instance::start(0, &keys).unwrap();
    assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok);
    instance.drain();
    drop(instance);
    assert_eq!(scene.files().len(), 1);
    scene.start().drain();
    assert_eq!(scene.lines(), ["x"]);
    scene.assert_clean();
}

/// Its lines were confirmed, so whatever it is that S3 does not like is for a person to put right.
#[test]
fn an_object_that_is_refused_for_good_stays_on_disk_and_is_not_counted_as_lost() {
    for fault in [
        Fault::aws(400, "InvalidArgument"),
        Fault::aws(400, "EntityTooLarge"),
        Fault::aws(403, "AccessDenied"),
        Fault::reply(413),
    ] {
        let scene = Scene::new(&[]);
        let what = format!("{fault:?}");
        scene.cloud.script_where(Api::PutObject, |_| true, fault);
        let instance = scene.start();
        assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok, "{what}");
        instance.drain();
        assert_eq!(instance.metrics().snapshot()[0].lost, [], "{what}");
        drop(instance);
        assert_eq!((scene.cloud.attempts(Api::PutObject), scene.files().len()), (1, 1), "{what}");
        scene.cloud.clear_script();
        scene.start().drain();
        assert_eq!(scene.lines(), ["x"], "{what}");
        scene.assert_clean();
    }
}

#[test]
fn parts_that_are_refused_for_good_are_aborted_and_their_file_stays() {
    for (api, code) in [
        (Api::UploadPart, "EntityTooLarge"),
        (Api::CompleteMultipartUpload, "EntityTooSmall"),
        (Api::CompleteMultipartUpload, "InvalidPart"),
    ] {
        let scene = Scene::new(&[("s3.compress", "none")]);
        scene.cloud.script(api, [Fault::aws(400, code)]);
        let instance = scene.start();
        fill(&instance);
        instance.drain();
        drop(instance);
        assert_eq!(scene.cloud.attempts(Api::AbortMultipartUpload), 1, "{code}");
        assert_eq!((scene.lines().len(), scene.files().len()), (0, 1), "{code}");
        scene.start().drain();
        assert_eq!(scene.lines().len(), 6_000, "{code}");
        scene.assert_clean();
    }
}

#[test]
fn a_store_that_does_not_know_if_none_match_gets_objects_and_parts_without_it() {
    let scene = Scene::new(&[("s3.compress", "none"), ("s3.if_none_match", "off")]);
    for api in [Api::PutObject, Api::CompleteMultipartUpload] {
        let conditional = |request: &fake_cloud::Received| request.header("if-none-match").is_some();
        scene.cloud.script_where(api, conditional, Fault::aws(501, "NotImplemented"));
    }
    let instance = scene.start();
    fill(&instance);
    assert_eq!(instance.flush(b"app", &one("db", "x")), Verdict::Ok);
    instance.drain();
    assert_eq!(scene.lines().len(), 6_001);
    scene.assert_clean();
}
