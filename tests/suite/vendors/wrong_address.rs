//! A reply about the address or the path says nothing about the records: none is refused for it.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::Fault;

use super::intake::{chunk_of, cloud, each, names};

#[test]
fn a_wrong_address_refuses_no_record_and_the_chunk_arrives_once_it_is_mended() {
    each(|intake| {
        for status in [301, 404, 405, 410, 200] {
            let cloud = cloud();
            cloud.script_where(intake.api, |_| true, Fault::reply(status).body("<html>hello</html>"));
            let router = intake.router(&cloud, &[("flush_timeout", "2s")]);
            let chunk = chunk_of(&names(3));
            assert_eq!(router.bring(&chunk), Verdict::Retry, "{status}");
            assert_eq!(router.lost(intake.kind, Reason::Refused), 0, "{status}");
            cloud.clear_script();
            router.bring_until_ok(&chunk, 3);
            intake.assert_arrived(&cloud, &router, &names(3));
        }
    });
}
