import Foundation
package import HostComputeCUDA
package import HostCore
import Support

/// The fake driver of `Tests/FakeCUDA`: the kernels' own sources, compiled for the CPU, behind the driver's functions.
///
/// There is one of it in a process, and what a test asks it to be is asked of all; suites that use it run one after the
/// other.
package enum FakeCUDA {
    /// The library, built when a test first asks; nil where there is no C++ compiler.
    package static let library: String? = build()

    package static var isThere: Bool { library != nil }

    /// A provider of cards that the fake driver has.
    ///
    /// - Parameters:
    ///   - settings: such as `devices=2 cc=90 memory=1000000000`; `Tests/FakeCUDA/settings.cpp` lists them. Nil leaves the
    ///     driver as it is.
    ///   - leastTurnedBytes: as of `CUDADevice`; tests have small models.
    package static func device(
        _ settings: String? = "", leastTurnedBytes: Int = 0, log: Log = .silent
    ) -> CUDADevice {
        if let settings { configure(settings) }
        return CUDADevice(
            libraries: [library ?? "the fake driver was not built"], leastTurnedBytes: leastTurnedBytes, log: log)
    }

    /// Has the driver begin anew, as another one. Nothing may be in its memory: what threads of an engine that is gone still
    /// give back is waited for.
    package static func configure(_ settings: String) {
        for _ in 0..<500 where liveBytes > 0 { usleep(10_000) }
        typealias Configure = @convention(c) (UnsafePointer<CChar>) -> Void
        guard let function = unsafe symbol("fakecuda_configure") else { return }
        unsafe unsafeBitCast(function, to: Configure.self)(settings)
    }

    /// What went wrong last, in the fake driver's words.
    package static var message: String {
        typealias Message = @convention(c) () -> UnsafePointer<CChar>
        guard let function = unsafe symbol("fakecuda_message") else { return "" }
        return unsafe String(cString: unsafeBitCast(function, to: Message.self)())
    }

    /// Bytes in use on all its cards.
    package static var liveBytes: Int { count(5) }

    /// The most bytes in use at a time on all its cards since the driver was configured, and of pinned memory.
    package static var peakBytes: Int { count(7) }
    package static var peakPinnedBytes: Int { count(8) }

    /// How often pinned memory ended that a copy was still to use, and copies from memory that is not pinned, since then.
    package static var hazards: Int { count(9) }
    package static var pageableCopies: Int { count(10) }

    /// Calls of any function since the driver was configured.
    package static var callCount: Int { count(6) }

    /// Calls of a function, named without its version.
    package static func calls(of function: String) -> Int {
        typealias Calls = @convention(c) (UnsafePointer<CChar>) -> Int
        guard let address = unsafe symbol("fakecuda_calls") else { return 0 }
        return unsafe unsafeBitCast(address, to: Calls.self)(function)
    }

    private static func count(_ number: Int) -> Int {
        typealias Count = @convention(c) (CInt) -> UInt
        guard let function = unsafe symbol("fakecuda_count") else { return 0 }
        return unsafe Int(unsafeBitCast(function, to: Count.self)(CInt(number)))
    }

    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
        guard let library, let handle = unsafe dlopen(library, RTLD_NOW | RTLD_LOCAL) else { return nil }
        return unsafe dlsym(handle, name)
    }

    private static func build() -> String? {
        let process = Process(), output = Pipe()
        process.executableURL = Fixture.root.appending(path: "Tests/FakeCUDA/build")
        process.standardOutput = output
        do { try process.run() } catch { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").last.map(String.init)
    }
}
