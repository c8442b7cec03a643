// HostComputeCUDA: NVIDIA's cards through the driver's own library, opened when a plan names one; no toolkit, no runtime.

import CHostCUDA
import Foundation
import HostCompute
import HostCore

/// NVIDIA's driver, opened: its functions, and what its results mean.
///
/// The library stays in the process until that ends, since drivers leave threads behind.
@safe final class CUDADriver: @unchecked Sendable {
    /// The library that was found.
    let path: String
    /// Such as 12.4; what the driver can do, whatever toolkits lie about.
    let version: Version
    let functions: UnsafePointer<HostCUDADriver>

    struct Version: Hashable, CustomStringConvertible, Comparable {
        let major: Int, minor: Int
        init(_ number: CInt) { (major, minor) = (Int(number) / 1000, Int(number) % 1000 / 10) }
        init(major: Int, minor: Int) { (self.major, self.minor) = (major, minor) }
        var description: String { "\(major).\(minor)" }
        static func < (a: Version, b: Version) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
    }

    /// What the kernels' PTX wants at least: that of driver 525.
    static let kernelVersion = Version(major: 12, minor: 0)

    /// What tests open in the driver's stead.
    static let variable = "MODELHOST_LIBCUDA"

    /// The names of the library: the usual two, and where Windows keeps it for its Linux.
    static var standardPaths: [String] {
        if let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty { return [path] }
        return ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"]
    }

    /// Opens the first library there is and wakes the driver.
    ///
    /// - Throws: `DeviceError` that says what was looked for, or what the driver said.
    init(for device: Device, from paths: [String] = CUDADriver.standardPaths) throws(DeviceError) {
        let (handle, path) = unsafe try CUDADriver.open(paths, for: device)
        self.path = path
        let functions = UnsafeMutablePointer<HostCUDADriver>.allocate(capacity: 1)
        if let missing = unsafe host_cuda_find(handle, functions) {
            let name = unsafe String(cString: missing)
            unsafe functions.deallocate()
            throw DeviceError(
                device, "opening \(path)", "it has no function \(name)",
                advice: "Install NVIDIA's driver 525 or newer: nvidia-smi shows which one there is")
        }
        unsafe self.functions = UnsafePointer(functions)
        var number: CInt = 0
        let result = unsafe functions.pointee.cuInit(0)
        _ = unsafe functions.pointee.cuDriverGetVersion(&number)
        version = Version(number)
        try check(result, "waking NVIDIA's driver (\(path))", on: device)
    }

    deinit { unsafe UnsafeMutablePointer(mutating: functions).deallocate() }

    private static func open(_ paths: [String], for device: Device) throws(DeviceError) -> (UnsafeMutableRawPointer, String) {
        var reasons: [String] = []
        for path in paths {
            if let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) { return unsafe (handle, path) }
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "no reason given"
            if !isAbsence(reason, of: path) { reasons.append(reason) }
        }
        throw DeviceError(
            device, "opening NVIDIA's driver",
            "looked for \(paths.joined(separator: ", ")) and found none"
                + (reasons.isEmpty ? "" : " that opens: \(reasons.joined(separator: "; "))"),
            advice: "Install NVIDIA's driver (nvidia-smi must list the card), or use \"cpu fp32\"")
    }

    /// Whether the loader says that a library is not there; one that it lacks for it is another matter.
    static func isAbsence(_ reason: String, of path: String) -> Bool {
        reason.hasPrefix("\(path): ") && reason.hasSuffix("No such file or directory")
    }

    /// The number of cards.
    func cardCount(for device: Device) throws(DeviceError) -> Int {
        var count: CInt = 0
        try check(unsafe functions.pointee.cuDeviceGetCount(&count), "counting the cards", on: device)
        return Int(count)
    }

    // MARK: What results mean

    /// - Parameters:
    ///   - attempt: what was tried, such as `making a state`.
    ///   - wanted: bytes that were asked for.
    func check(
        _ result: HostCUDAResult, _ attempt: @autoclosure () -> String, on device: Device, wanted: Int? = nil
    ) throws(DeviceError) {
        guard result != CInt(host_cuda_success) else { return }
        throw error(result, attempt(), on: device, wanted: wanted)
    }

    func error(_ result: HostCUDAResult, _ attempt: String, on device: Device, wanted: Int? = nil) -> DeviceError {
        let isFull = result == CInt(host_cuda_out_of_memory)
        let meaning = CUDAResult(result)
        return DeviceError(
            device, attempt, meaning.reason ?? "\(name(of: result)): \(text(of: result))",
            wantedBytes: isFull ? wanted ?? 0 : nil, freeBytes: isFull ? freeBytes : nil, advice: meaning.advice)
    }

    /// Free bytes on the card that is current.
    private var freeBytes: Int? {
        var free = 0, total = 0
        return unsafe functions.pointee.cuMemGetInfo_v2(&free, &total) == 0 ? free : nil
    }

    private func name(of result: HostCUDAResult) -> String {
        var text: UnsafePointer<CChar>?
        let found = unsafe functions.pointee.cuGetErrorName(result, &text)
        guard found == 0, let text = unsafe text else { return "error \(result)" }
        return unsafe String(cString: text)
    }

    private func text(of result: HostCUDAResult) -> String {
        var text: UnsafePointer<CChar>?
        guard unsafe functions.pointee.cuGetErrorString(result, &text) == 0, let text = unsafe text else { return "no text" }
        return unsafe String(cString: text)
    }
}

/// Results of the driver about which there is more to say than it says itself.
private struct CUDAResult {
    let reason: String?
    let advice: String?

    init(_ result: HostCUDAResult) {
        switch Int(result) {
        case Int(host_cuda_out_of_memory):
            reason = "out of memory"
            advice =
                "Use a smaller model, weights such as \"cuda fp16i8\", or leave layers to the CPU: "
                + "\"cuda fp16 *10 -> cpu fp32\""
        case Int(host_cuda_stub_library):
            reason = "the library is the toolkit's stub, which only serves to link programs"
            advice = "Install NVIDIA's driver, or take the stubs folder out of LD_LIBRARY_PATH"
        case Int(host_cuda_no_device):
            reason = "the driver sees no card"
            advice = "Look at nvidia-smi and at CUDA_VISIBLE_DEVICES, or use \"cpu fp32\""
        case Int(host_cuda_invalid_device):
            reason = "there is no such card"
            advice = "modelhost devices lists those that there are"
        case Int(host_cuda_device_unavailable):
            reason = "the card is busy: another process has it for itself, or it is being serviced"
            advice = "nvidia-smi shows who has it"
        case Int(host_cuda_system_driver_mismatch):
            reason = "the driver's library and its kernel module are of different versions"
            advice = "Restart the machine after an update of the driver"
        case Int(host_cuda_unsupported_ptx_version), Int(host_cuda_invalid_ptx), Int(host_cuda_no_binary_for_gpu):
            reason = nil
            advice = "Install NVIDIA's driver 525 or newer"
        default:
            reason = nil
            advice = nil
        }
    }
}
