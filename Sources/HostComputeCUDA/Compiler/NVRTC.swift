import CHostCUDA
import Foundation

/// NVIDIA's compiler library, opened.
@safe final class NVRTC: @unchecked Sendable {
    let path: String
    let version: CUDADriver.Version
    /// What it compiles for, such as 90.
    let architectures: [Int]
    private let functions: UnsafePointer<HostNVRTC>

    /// Why something was not compiled.
    struct Failure: Error {
        let text: String
    }

    init(_ path: String) throws(Failure) {
        NVRTC.openBuiltins(beside: path)
        guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw Failure(text: unsafe dlerror().map { unsafe String(cString: $0) } ?? "\(path) cannot be opened")
        }
        let functions = UnsafeMutablePointer<HostNVRTC>.allocate(capacity: 1)
        if let missing = unsafe host_nvrtc_find(handle, functions) {
            let name = unsafe String(cString: missing)
            unsafe functions.deallocate()
            throw Failure(text: "\(path) has no function \(name); NVRTC 11.2 or newer is needed")
        }
        self.path = path
        unsafe self.functions = UnsafePointer(functions)
        var major: CInt = 0, minor: CInt = 0, count: CInt = 0
        _ = unsafe functions.pointee.nvrtcVersion(&major, &minor)
        version = CUDADriver.Version(major: Int(major), minor: Int(minor))
        _ = unsafe functions.pointee.nvrtcGetNumSupportedArchs(&count)
        var numbers = [CInt](repeating: 0, count: Int(max(count, 0)))
        _ = unsafe functions.pointee.nvrtcGetSupportedArchs(&numbers)
        architectures = numbers.map { Int($0) }.sorted()
    }

    deinit { unsafe UnsafeMutablePointer(mutating: functions).deallocate() }

    /// Some versions do not find this part of them where it lies beside them.
    private static func openBuiltins(beside path: String) {
        guard path.contains("/") else { return }
        let folder = (path as NSString).deletingLastPathComponent
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name.hasPrefix("libnvrtc-builtins.so") {
            _ = unsafe dlopen("\(folder)/\(name)", RTLD_NOW | RTLD_GLOBAL)
        }
    }

    /// Machine code of a source for one architecture.
    ///
    /// - Cost: seconds.
    func compile(_ source: KernelSource, options: [String]) throws(Failure) -> [UInt8] {
        var program: HostNVRTCProgramRef?
        let created = unsafe CStrings([source.text, source.name]).with { main in
            unsafe CStrings(source.includes.map(\.text)).with { texts in
                unsafe CStrings(source.includes.map(\.name)).with { names in
                    unsafe functions.pointee.nvrtcCreateProgram(
                        &program, main[0], main[1], CInt(source.includes.count), texts, names)
                }
            }
        }
        guard created == 0, let opened = unsafe program else { throw Failure(text: "NVRTC takes no program: error \(created)") }
        defer { _ = unsafe functions.pointee.nvrtcDestroyProgram(&program) }
        let result = unsafe CStrings(options).with {
            unsafe functions.pointee.nvrtcCompileProgram(opened, CInt(options.count), $0)
        }
        guard result == 0 else { throw Failure(text: unsafe log(of: opened) ?? "NVRTC's error \(result)") }
        var size = 0
        guard unsafe functions.pointee.nvrtcGetCUBINSize(opened, &size) == 0, size > 0 else {
            throw Failure(text: "NVRTC gave no machine code")
        }
        var bytes = [CChar](repeating: 0, count: size)
        guard unsafe functions.pointee.nvrtcGetCUBIN(opened, &bytes) == 0 else {
            throw Failure(text: "NVRTC gave no machine code")
        }
        return bytes.map(UInt8.init(bitPattern:))
    }

    private func log(of program: HostNVRTCProgramRef) -> String? {
        var size = 0
        guard unsafe functions.pointee.nvrtcGetProgramLogSize(program, &size) == 0, size > 1 else { return nil }
        var text = [CChar](repeating: 0, count: size)
        guard unsafe functions.pointee.nvrtcGetProgramLog(program, &text) == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Texts as C takes lists of them.
private struct CStrings {
    private let texts: [[CChar]]

    init(_ texts: [String]) { self.texts = texts.map { $0.utf8.map(CChar.init(bitPattern:)) + [0] } }

    func with<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result {
        let all = texts.flatMap { $0 }
        return unsafe all.withUnsafeBufferPointer { buffer in
            var pointers = unsafe [UnsafePointer<CChar>?]()
            var start = 0
            for text in texts {
                let base = buffer.baseAddress
                unsafe pointers.append(base.map { unsafe $0 + start })
                start += text.count
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { list in
                unsafe body(list.baseAddress.unsafelyUnwrapped)
            }
        }
    }
}
