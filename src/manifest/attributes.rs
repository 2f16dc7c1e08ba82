//! Resource ids of the manifest's attributes (`android.R.attr`): what Android knows them by.
//!
//! The numbers never change once an API level is released (AOSP, `core/res/res/values/public*.xml`).

/// `android:name`
pub const NAME: u32 = 0x0101_0003;
/// `android:permission`
pub const PERMISSION: u32 = 0x0101_0006;
/// `android:protectionLevel`
pub const PROTECTION_LEVEL: u32 = 0x0101_0009;
/// `android:hasCode`
pub const HAS_CODE: u32 = 0x0101_000c;
/// `android:debuggable`
pub const DEBUGGABLE: u32 = 0x0101_000f;
/// `android:exported`
pub const EXPORTED: u32 = 0x0101_0010;
/// `android:value`
pub const VALUE: u32 = 0x0101_0024;
/// `android:resource`
pub const RESOURCE: u32 = 0x0101_0025;
/// `android:scheme`
pub const SCHEME: u32 = 0x0101_0027;
/// `android:host`
pub const HOST: u32 = 0x0101_0028;
/// `android:targetActivity`
pub const TARGET_ACTIVITY: u32 = 0x0101_0202;
/// `android:minSdkVersion`
pub const MIN_SDK_VERSION: u32 = 0x0101_020c;
/// `android:versionCode`
pub const VERSION_CODE: u32 = 0x0101_021b;
/// `android:versionName`
pub const VERSION_NAME: u32 = 0x0101_021c;
/// `android:targetSdkVersion`
pub const TARGET_SDK_VERSION: u32 = 0x0101_0270;
/// `android:required`
pub const REQUIRED: u32 = 0x0101_028e;
/// `android:targetSandboxVersion`
pub const TARGET_SANDBOX_VERSION: u32 = 0x0101_054c;
/// `android:splitName`
pub const SPLIT_NAME: u32 = 0x0101_0549;
/// `android:versionCodeMajor`
pub const VERSION_CODE_MAJOR: u32 = 0x0101_0576;
