//! The host's own metrics endpoint, cmetrics, as an exporter of the counters.
//!
//! Owns: finding the host's functions at run time, making the metrics, setting their values. Without the functions there
//! is not an exporter, and no log line about it: 1.9.10 has the `cmt_*` functions, but no `flb_output_get_cmt_instance` that
//! leads to an instance's metrics.
//!
//! # The functions
//!
//! `flb_output_name`, `flb_output_get_cmt_instance` (`include/fluent-bit/flb_output.h`), `cmt_counter_create`,
//! `cmt_counter_set` (`lib/cmetrics/include/cmetrics/cmt_counter.h`), `cmt_gauge_create` and `cmt_gauge_set`
//! (`cmt_gauge.h`) were compared in v1.9.10, v2.0.0, v2.0.14, v2.1.10, v2.2.3, v3.0.7, v3.1.10, v3.2.10, v4.0.14,
//! v4.1.2, v4.2.8, v5.0.0, v5.0.9, v5.1.0 and v5.1.1: the same parameters everywhere. The last four are in all of them,
//! `flb_output_get_cmt_instance` in every tag from v2.0.0 on. All texts are copied by the host (`cmt_opts_init`,
//! `cmt_map_create`, `map_metric_create`), so none has to outlive its call.
//!
//! # Who touches what when
//!
//! * Everything is made during init: `flb_output_init_all` runs on the engine's thread before `flb_me_create` sets up
//!   the timer that reads, and before `flb_input_collectors_start` lets a threaded `fluentbit_metrics` read.
//! * After that the structure never changes, since every series is there with a 0. Setting a value then reads the same
//!   lists as the reader (`cmt_map_metric_get`; from 5.1.0 on also behind the map's own lock), and ends in
//!   `cmt_metric_set`, which stores value and time with `cmt_atomic_store`. The readers, `cmt_cat` on the engine's
//!   thread (`flb_me_get_cmetrics`, each second) or on an input's, take them with `cmt_atomic_load`. So the worker may
//!   set while the host encodes. The host does the same with its own metrics of connections, from output workers.
//! * `cmt_destroy` is called by `flb_output_instance_destroy` only, and that after the exit callback
//!   (`flb_output_exit`). Exit closes the exporter first (`Instance::close`). One gap is the host's: when the system
//!   gives it no thread for `Workers`, it destroys the instance without exit and then fails to start.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::time::SystemTime;

use fluent_bit_sys::flbgo_output_plugin;

use crate::host::text;
use ecs_router::metrics::{Exporter, FAMILIES, MetricFamily, MetricKind, Metrics};

type OutputNameFn = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type GetCmtInstanceFn = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
/// Context, namespace, subsystem, name, help, number of labels, their names.
type CreateFn = unsafe extern "C" fn(
    *mut c_void,
    *const c_char,
    *const c_char,
    *const c_char,
    *const c_char,
    c_int,
    *const *const c_char,
) -> *mut c_void;
/// Metric, nanoseconds since 1970, value, number of labels, their values.
type SetFn = unsafe extern "C" fn(*mut c_void, u64, f64, c_int, *const *const c_char) -> c_int;

/// Makes every series of the output that init was called for; `None` when the host has no place for them.
pub(crate) fn open(plugin: &flbgo_output_plugin, metrics: &Metrics) -> Option<Box<dyn Exporter>> {
    let factory = MetricFactory::find(plugin.output_instance)?;
    Some(Box::new(CmetricsExporter::new(&factory, metrics)))
}

/// Creates the metrics of one instance with the host's functions.
struct MetricFactory {
    context: NonNull<c_void>,
    /// The instance's name or alias, as the host's own metrics have it.
    instance_name: String,
    counter: (CreateFn, SetFn),
    gauge: (CreateFn, SetFn),
}

impl MetricFactory {
    fn find(instance: *mut c_void) -> Option<Self> {
        let instance = NonNull::new(instance)?;
        let name = find(c"flb_output_name")?;
        // SAFETY: `flb_output_name` has this signature in every release named above.
        let name = unsafe { std::mem::transmute::<NonNull<c_void>, OutputNameFn>(name) };
        let context = find(c"flb_output_get_cmt_instance")?;
        // SAFETY: `flb_output_get_cmt_instance` has this signature in every release named above.
        let context = unsafe { std::mem::transmute::<NonNull<c_void>, GetCmtInstanceFn>(context) };
        let counter = (create(c"cmt_counter_create")?, set(c"cmt_counter_set")?);
        let gauge = (create(c"cmt_gauge_create")?, set(c"cmt_gauge_set")?);
        // SAFETY: `flb_output_name` takes the instance that init was called for.
        let name = unsafe { name(instance.as_ptr()) };
        // SAFETY: `flb_output_name` answers NULL or a string of the instance's, which lives during init.
        let name = unsafe { text(name) }?;
        // SAFETY: `flb_output_get_cmt_instance` takes the same instance.
        let context = NonNull::new(unsafe { context(instance.as_ptr()) })?;
        Some(Self { context, instance_name: String::from_utf8_lossy(name).into_owned(), counter, gauge })
    }

    /// A family without series; `None` when the host has no memory for it.
    fn family(&self, family: &MetricFamily) -> Option<(NonNull<c_void>, SetFn)> {
        let (create, set) = match family.kind {
            MetricKind::Counter => self.counter,
            MetricKind::Gauge => self.gauge,
        };
        let name = c_text(family.name);
        let help = c_text(family.help);
        let labels = CStrings::new("name", family.labels());
        // SAFETY: `cmt_counter_create` and `cmt_gauge_create` take the instance's context during init, and copy the
        // texts, as many labels as `labels.count()`.
        let metric = unsafe {
            create(
                self.context.as_ptr(),
                c"fluentbit".as_ptr(),
                c"ecs_router".as_ptr(),
                name.as_ptr(),
                help.as_ptr(),
                labels.count(),
                labels.pointers.as_ptr(),
            )
        };
        Some((NonNull::new(metric)?, set))
    }
}

fn find(symbol: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: `dlsym` reads the name and answers NULL or the address of what the process calls so.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, symbol.as_ptr()) })
}

fn create(symbol: &CStr) -> Option<CreateFn> {
    let address = find(symbol)?;
    // SAFETY: `cmt_counter_create` and `cmt_gauge_create` have this signature in every release named above.
    Some(unsafe { std::mem::transmute::<NonNull<c_void>, CreateFn>(address) })
}

fn set(symbol: &CStr) -> Option<SetFn> {
    let address = find(symbol)?;
    // SAFETY: `cmt_counter_set` and `cmt_gauge_set` have this signature in every release named above.
    Some(unsafe { std::mem::transmute::<NonNull<c_void>, SetFn>(address) })
}

/// Every series of the families, in their order; `None` where the host could not make the family.
#[derive(Debug)]
struct CmetricsExporter(Vec<Option<CmetricsSeries>>);

// SAFETY: what `cmt_counter_create` and `cmt_gauge_create` made belongs to no thread; see "Who touches what when".
unsafe impl Send for CmetricsExporter {}

impl CmetricsExporter {
    fn new(factory: &MetricFactory, metrics: &Metrics) -> Self {
        let now = now();
        let mut all = Vec::new();
        for family in &FAMILIES {
            let created = factory.family(family);
            family.for_each_series(metrics, &mut |values, number| {
                let series = created.map(|(metric, set)| {
                    let labels = CStrings::new(&factory.instance_name, values);
                    CmetricsSeries { metric, set, labels }
                });
                series.iter().for_each(|series| series.set(now, number));
                all.push(series);
            });
        }
        Self(all)
    }
}

impl Exporter for CmetricsExporter {
    fn export(&mut self, metrics: &Metrics) {
        let now = now();
        let mut series = self.0.iter();
        for family in &FAMILIES {
            family.for_each_series(metrics, &mut |_, number| {
                series.next().into_iter().flatten().for_each(|one| one.set(now, number));
            });
        }
    }
}

/// One line of the endpoint.
#[derive(Debug)]
struct CmetricsSeries {
    metric: NonNull<c_void>,
    set: SetFn,
    labels: CStrings,
}

impl CmetricsSeries {
    /// Numbers above 2⁵³ lose their last digits, as all do in Prometheus.
    fn set(&self, now: u64, number: u64) {
        let count = self.labels.count();
        let labels = self.labels.pointers.as_ptr();
        // SAFETY: `cmt_counter_set` and `cmt_gauge_set` take what their `_create` made, which is there until after
        // exit; they read the labels, as many as the metric was made with. They refuse a counter that goes down.
        unsafe { (self.set)(self.metric.as_ptr(), now, number as f64, count, labels) };
    }
}

/// C strings, and their addresses as C wants them: those of `name` and then of `more`.
#[derive(Debug)]
struct CStrings {
    pointers: Vec<*const c_char>,
    /// What the pointers point to.
    _owned: Vec<CString>,
}

impl CStrings {
    fn new(name: &str, more: &[&str]) -> Self {
        let owned: Vec<CString> = [name].iter().chain(more).map(|text| c_text(text)).collect();
        Self { pointers: owned.iter().map(|text| text.as_ptr()).collect(), _owned: owned }
    }

    fn count(&self) -> c_int {
        c_int::try_from(self.pointers.len()).unwrap_or_default()
    }
}

/// The names all came from C, so there is no NUL in them.
fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}
