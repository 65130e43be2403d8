//! What is left to do by hand, in the order in which it works.

use super::plan::{InstallPlace, Plan};
use super::secrets::PlannedSecret;
use super::{Iac, image_steps};

/// The next steps.
pub(super) fn all(plan: &Plan, iac: Iac) -> Vec<String> {
    let Plan { region, image, registry, account, cluster, .. } = plan;
    let mut steps = Vec::new();
    if account == "111122223333" {
        steps.push(
            "replace 111122223333 with your account in every file, or run init again with --account"
                .to_owned(),
        );
    }
    // The roles of the next step name the secrets.
    steps.extend(plan.secrets.iter().filter(|secret| !secret.is_given).map(|one| secret(plan, one, iac)));
    steps.push(resources(plan, iac));
    steps.extend(image_steps(image, registry, region, "Dockerfile"));
    if plan.place != InstallPlace::Collector {
        steps.push(
            "put your application's container into task-definition.json in the place of 'app'".to_owned(),
        );
    }
    steps.push(format!("ecs-router check {} task-definition.json", plan.configuration_file()));
    steps.push(format!(
        "aws ecs register-task-definition --region {region} --cli-input-json file://task-definition.json, and a service \
         of it in the cluster {cluster}"
    ));
    steps
}

/// How a secret is created, and every file that names it.
fn secret(plan: &Plan, secret: &PlannedSecret, iac: Iac) -> String {
    let PlannedSecret { variable, name, arn, .. } = secret;
    let files = match iac {
        Iac::Cloudformation => "task-definition.json, execution-role-policy.json and resources.json",
        Iac::Terraform => "task-definition.json and execution-role-policy.json",
    };
    format!(
        "aws secretsmanager create-secret --region {} --name {name} --secret-string file://FILE, with the value of \
         {variable} in FILE; then replace {arn} with the ARN that it prints in {files}",
        plan.region
    )
}

fn resources(plan: &Plan, iac: Iac) -> String {
    match iac {
        Iac::Cloudformation => format!(
            "aws cloudformation deploy --region {} --stack-name {}-logs --template-file resources.json --capabilities \
             CAPABILITY_NAMED_IAM",
            plan.region, plan.name
        ),
        Iac::Terraform => "terraform init && terraform apply".to_owned(),
    }
}

/// What somebody may expect and does not get.
pub(super) fn hint(plan: &Plan) -> Option<&'static str> {
    let is_alone = !plan.is_collector() && plan.alerts();
    is_alone.then_some(
        "Alerts: a router sees the stops of its own task only, so each task of a crash loop sends its own message. A \
         collector (--where collector) joins them to one incident: docs/incidents.md.",
    )
}
