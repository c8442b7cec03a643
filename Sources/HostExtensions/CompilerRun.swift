import Dispatch
import Foundation
import HostCore

/// One call of the compiler, and what is passed on of what it says.
enum CompilerRun {
    /// A compiler that hangs must not keep the host from starting.
    private static let patience = 120.0

    static func run(
        _ program: String, _ arguments: [String], output: String, of name: String
    ) throws(ExtensionError) -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let said = FileManager.default.createFile(atPath: output, contents: nil) ? FileHandle(forWritingAtPath: output) : nil
        process.standardOutput = said
        process.standardError = said
        process.standardInput = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        do {
            try process.run()
        } catch {
            throw ExtensionError(.noCompiler, name, "\(program) cannot be run: \(error.localizedDescription)")
        }
        guard ended.wait(timeout: .now() + Self.patience) == .success else {
            process.terminate()
            throw ExtensionError(.compile, name, "the compiler did not end within \(Int(Self.patience)) seconds")
        }
        return process.terminationStatus
    }

    /// Errors with file and line, at most this many lines; notes and pictures of the source are left to the compiler.
    static func report(_ output: String, folder: String) -> String {
        let shortened = output.replacing(folder + "/", with: "")
        let lines = shortened.split(separator: "\n").filter { $0.contains(": error:") || $0.hasPrefix("error:") }
        var seen = Set<Substring>()
        let unique = lines.filter { seen.insert($0).inserted }
        let shown = unique.isEmpty ? shortened.split(separator: "\n").suffix(20) : unique.prefix(20)
        return shown.map { "  \($0)" }.joined(separator: "\n")
    }
}
