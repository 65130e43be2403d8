//! Questions for what the flags leave open, on a terminal only.

use std::io::{self, BufRead, IsTerminal as _, Write};

use clap::ValueEnum as _;
use ecs_router::config::keys::DestinationKind;

use super::plan::{InstallPlace, default_destinations};
use super::{Destinations, InitArguments, destinations};
use crate::terminal;

/// Whether somebody is there to ask.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && terminal::is_interactive()
}

/// Asks for what no flag gives and what has no obvious default.
pub(super) fn missing(
    input: &mut impl BufRead,
    out: &mut impl Write,
    arguments: &mut InitArguments,
) -> io::Result<()> {
    let mut ask = Ask { input, out };
    if arguments.place.is_none() {
        let place = ask.until("Where does it run: fargate, ec2 or collector", "fargate", |text| {
            InstallPlace::from_str(text, true)
        })?;
        arguments.place = Some(place);
    }
    let is_collector = arguments.place == Some(InstallPlace::Collector);
    let name = if is_collector { "ecs-stop-collector" } else { "web" };
    ask.text(&mut arguments.name, "Name of the service", name)?;
    ask.text(&mut arguments.region, "Region", "eu-west-1")?;
    ask.text(&mut arguments.cluster, "Cluster", "default")?;
    let defaults = default_destinations(is_collector);
    ask.destinations(&mut arguments.stop, "Stop events go to", &defaults.0)?;
    if !is_collector {
        ask.destinations(&mut arguments.error, "Standard error goes to", &defaults.1)?;
    }
    ask.destinations(&mut arguments.rest, "The rest goes to", &defaults.2)?;
    let uses = |kind: DestinationKind| {
        let lists = [&arguments.stop, &arguments.error, &arguments.rest];
        lists.into_iter().flatten().any(|list| list.0.contains(&kind))
    };
    let wants_http = uses(DestinationKind::Http);
    let wants_firehose = uses(DestinationKind::FirehoseHttp);
    let wants_otlp = uses(DestinationKind::Otlp);
    if wants_http {
        ask.text(&mut arguments.http_url, "Address of http", "https://logs.example.com/ingest")?;
    }
    if wants_firehose {
        ask.text(
            &mut arguments.firehose_url,
            "Address of firehose_http",
            "https://logs.example.com/firehose",
        )?;
    }
    if wants_otlp {
        ask.text(&mut arguments.otlp_endpoint, "Address of otlp", "http://127.0.0.1:4318")?;
    }
    Ok(())
}

struct Ask<'a, I, O> {
    input: &'a mut I,
    out: &'a mut O,
}

impl<I: BufRead, O: Write> Ask<'_, I, O> {
    /// Asks until the answer can be read. An empty answer is the default.
    fn until<T>(
        &mut self,
        question: &str,
        default: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> io::Result<T> {
        loop {
            write!(self.out, "{question} [{default}]: ")?;
            self.out.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer is missing"));
            }
            let answer = Some(line.trim()).filter(|line| !line.is_empty()).unwrap_or(default);
            match read(answer) {
                Ok(value) => return Ok(value),
                Err(reason) => writeln!(self.out, "{reason}")?,
            }
        }
    }

    fn text(&mut self, value: &mut Option<String>, question: &str, default: &str) -> io::Result<()> {
        if value.is_none() {
            *value = Some(self.until(question, default, |text| Ok(text.to_owned()))?);
        }
        Ok(())
    }

    fn destinations(
        &mut self,
        value: &mut Option<Destinations>,
        question: &str,
        default: &Destinations,
    ) -> io::Result<()> {
        if value.is_none() {
            let names: Vec<&str> = default.0.iter().map(|kind| kind.name()).collect();
            *value = Some(self.until(question, &names.join(","), destinations)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &str, mut arguments: InitArguments) -> (InitArguments, String) {
        let mut out = Vec::new();
        missing(&mut answers.as_bytes(), &mut out, &mut arguments).unwrap();
        (arguments, String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_no_flag_gives_is_asked_until_it_can_be_read() {
        let given = InitArguments { region: Some("eu-west-1".to_owned()), ..InitArguments::default() };
        let (arguments, said) = asked("farm\nec2\nshop\nprod\nslak\nslack\n\notlp\n\n", given);
        assert_eq!(arguments.place, Some(InstallPlace::Ec2));
        assert_eq!(arguments.name.as_deref(), Some("shop"));
        assert_eq!(arguments.stop, Some(Destinations(vec![DestinationKind::Slack])));
        assert_eq!(arguments.error, Some(Destinations(vec![DestinationKind::Cloudwatch])));
        assert_eq!(arguments.otlp_endpoint.as_deref(), Some("http://127.0.0.1:4318"));
        assert!(said.contains("did you mean slack?") && !said.contains("Region"), "{said}");
    }

    #[test]
    fn the_end_of_the_input_ends_the_questions() {
        let mut arguments = InitArguments::default();
        let error = missing(&mut "".as_bytes(), &mut Vec::new(), &mut arguments).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
