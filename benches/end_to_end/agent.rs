//! A shipper that is not Fluent Bit: AWS's agent for CloudWatch Logs in Python (`awscli-cwlogs` on PyPI), on a file with the
//! lines of the same load.
//!
//! It reads the file, makes gzip requests of a megabyte and signs them; the file is there when it starts, so nothing of
//! the reading waits. Its figures are of the whole process and stand beside those of a whole Fluent Bit, `null` included.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Fallible;
use crate::helper::Helper;
use crate::load::Load;
use crate::place::Place;
use crate::process;
use crate::sink::Sink;
use crate::supervisor;

/// For all lines to arrive.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Seconds without a request after which everything has arrived: more than the agent keeps lines for.
const STILL_SECONDS: u32 = 8;

/// What one run took.
pub(crate) struct AgentRun {
    /// Seconds of CPU of the process, without its start.
    pub(crate) cpu: f64,
    /// Peak resident memory in MiB.
    pub(crate) peak: f64,
    /// Of the bodies, compressed.
    pub(crate) megabytes: f64,
}

/// Lets the AWS CLI at `program` send the load's lines, so many times.
pub(crate) fn runs(program: &Path, load: &Load, times: u32) -> Fallible<Vec<AgentRun>> {
    (0..times).map(|_| run(program, load)).collect()
}

fn run(program: &Path, load: &Load) -> Fallible<AgentRun> {
    let place = Place::new()?;
    let mut sink = Sink::start(place.path())?;
    configure(place.path())?;
    let mut agent = start(program, place.path(), &sink.port)?;
    let pid: u32 = agent.answer()?.parse()?;
    // It looks for new files every five seconds; what it has used by then is its start.
    std::thread::sleep(Duration::from_secs(10));
    let before = process::cpu(pid)?;
    std::fs::write(place.path().join("app.log"), load.json_lines())?;
    wait_until_processed(&mut sink)?;
    let cpu = (process::cpu(pid)? - before).as_secs_f64();
    let peak = process::peak(pid)?;
    agent.tell("end")?;
    agent.answer()?;
    Ok(AgentRun { cpu, peak, megabytes: sink.report()?.cloudwatch.bytes as f64 / 1e6 })
}

fn configure(place: &Path) -> Fallible<()> {
    let folder = place.display();
    std::fs::write(place.join("aws"), "[plugins]\ncwlogs = cwlogs\n[default]\nregion = eu-west-1\n")?;
    let agent = format!(
        "[general]\nstate_file = {folder}/state\n[web]\nfile = {folder}/app.log*\nlog_group_name = /ecs/web\n\
         log_stream_name = app\ninitial_position = start_of_file\nbatch_size = 1048576\nbatch_count = 10000\n\
         buffer_duration = 5000\n"
    );
    Ok(std::fs::write(place.join("agent"), agent)?)
}

fn start(program: &Path, place: &Path, port: &str) -> Fallible<Helper> {
    let endpoint = format!("https://localhost:{port}");
    let authority = place.join("ca.pem");
    let log = place.join("log");
    let settings = place.join("agent");
    let arguments = [
        supervisor::ROLE.as_ref(),
        log.as_ref(),
        program.as_os_str(),
        "--endpoint-url".as_ref(),
        endpoint.as_ref(),
        "--ca-bundle".as_ref(),
        authority.as_ref(),
        "logs".as_ref(),
        "push".as_ref(),
        "--config-file".as_ref(),
        settings.as_ref(),
    ];
    let configuration = place.join("aws");
    let environment = [
        ("AWS_CONFIG_FILE", configuration.as_os_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".as_ref()),
        ("AWS_SECRET_ACCESS_KEY", "secret".as_ref()),
        ("PATH", "/usr/bin:/bin".as_ref()),
    ];
    Helper::start(arguments, &environment)
}

fn wait_until_processed(sink: &mut Sink) -> Fallible<()> {
    let limit = Instant::now() + TIMEOUT;
    let mut still = 0;
    let mut last = 0;
    while last == 0 || still < STILL_SECONDS {
        if Instant::now() > limit {
            return Err("the agent does not get the load through".into());
        }
        std::thread::sleep(Duration::from_secs(1));
        let now = sink.report()?.requests();
        still = if now == last { still + 1 } else { 0 };
        last = now;
    }
    Ok(())
}
