//! Good apps: each way in which an app uses Amazon's services, with the classes that its libraries bring.

use super::{App, Class};
use crate::sandbox::fixture;

const ADM: &str = "com.amazon.device.messaging";

fn manifest(name: &str) -> String {
    let text = String::from_utf8(fixture(&format!("make/demo/manifests/{name}.xml"))).unwrap();
    // styles of the framework are resources
    text.replace("@android:style/Theme.NoDisplay", "@0x01030055")
}

fn classes(list: &[(&str, &str)]) -> Vec<Class> {
    let main = Class::new("com.example.apkkeydemo.MainActivity", "android.app.Activity");
    [main].into_iter().chain(list.iter().map(|(name, superclass)| Class::new(name, superclass))).collect()
}

fn base(name: &str) -> String {
    format!("{ADM}.{name}")
}

/// An app with a key and nothing else.
pub(crate) fn plain() -> App {
    App::new(&manifest("plain"), &classes(&[]))
}

/// OneSignal 5, as its guide for Amazon wants it.
pub(crate) fn onesignal_5() -> App {
    let (receiver, handler, job) =
        (base("ADMMessageReceiver"), base("ADMMessageHandlerBase"), base("ADMMessageHandlerJobBase"));
    let list = [
        ("com.onesignal.notifications.receivers.ADMMessageReceiver", receiver.as_str()),
        ("com.onesignal.notifications.services.ADMMessageHandler", &handler),
        ("com.onesignal.notifications.services.ADMMessageHandlerJob", &job),
        ("com.onesignal.notifications.receivers.BootUpReceiver", "android.content.BroadcastReceiver"),
        ("com.onesignal.notifications.activities.NotificationOpenedActivity", "android.app.Activity"),
    ];
    App::new(&manifest("onesignal-5"), &classes(&list))
}

/// OneSignal 4, and 3 from 3.12 on.
pub(crate) fn onesignal_4() -> App {
    let (receiver, handler, job) =
        (base("ADMMessageReceiver"), base("ADMMessageHandlerBase"), base("ADMMessageHandlerJobBase"));
    let list = [
        ("com.onesignal.ADMMessageHandler", handler.as_str()),
        ("com.onesignal.ADMMessageHandlerJob", &job),
        ("com.onesignal.ADMMessageHandler$Receiver", &receiver),
    ];
    App::new(&manifest("onesignal-4"), &classes(&list))
}

/// OneSignal before 3.12, which knows no jobs.
pub(crate) fn onesignal_3() -> App {
    let (receiver, handler) = (base("ADMMessageReceiver"), base("ADMMessageHandlerBase"));
    let list = [
        ("com.onesignal.ADMMessageHandler", handler.as_str()),
        ("com.onesignal.ADMMessageHandler$Receiver", &receiver),
    ];
    App::new(&manifest("onesignal-3"), &classes(&list))
}

/// Amazon Device Messaging alone, with a handler and one for jobs.
pub(crate) fn adm() -> App {
    let (receiver, handler, job) =
        (base("ADMMessageReceiver"), base("ADMMessageHandlerBase"), base("ADMMessageHandlerJobBase"));
    let list = [
        ("com.example.apkkeydemo.MyADMMessageReceiver", receiver.as_str()),
        ("com.example.apkkeydemo.MyADMLegacyMessageHandler", &handler),
        ("com.example.apkkeydemo.MyADMMessageHandler", &job),
    ];
    App::new(&manifest("adm"), &classes(&list))
}

/// Amazon Device Messaging before it knew jobs.
pub(crate) fn adm_old() -> App {
    let (receiver, handler) = (base("ADMMessageReceiver"), base("ADMMessageHandlerBase"));
    let list = [
        ("com.example.apkkeydemo.MyADMMessageHandler", handler.as_str()),
        ("com.example.apkkeydemo.MyADMMessageHandler$Receiver", &receiver),
    ];
    App::new(&manifest("adm-old"), &classes(&list))
}

/// Login with Amazon 3.0.6.
pub(crate) fn lwa() -> App {
    let list = [
        ("com.amazon.identity.auth.device.workflow.WorkflowActivity", "android.app.Activity"),
        ("com.amazon.identity.auth.device.api.authorization.AuthorizationManager", "java.lang.Object"),
    ];
    App::new(&manifest("lwa"), &classes(&list)).with_string("LWAAndroidSDK/3.0.6/Android/")
}
