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

    /// The style of the compiler's messages that `report` reads: a line for each error and each note.
    static let messageStyle = ["-diagnostic-style=llvm"]

    /// Errors with file and line, each with the notes that explain it; pictures of the source are left to the compiler.
    ///
    /// - Parameter maximum: how many lines are shown at most.
    static func report(_ output: String, folder: String, atMost maximum: Int = 30) -> String {
        let lines = output.replacing(folder + "/", with: "").split(separator: "\n")
        var seen = Set<Substring>(), shown: [Substring] = [], explains = false
        for line in lines where shown.count < maximum {
            let isError = line.contains(": error:") || line.hasPrefix("error:")
            if isError || line.contains(": warning:") { explains = isError && seen.insert(line).inserted }
            if explains, isError || line.contains(": note:") { shown.append(line) }
        }
        return (shown.isEmpty ? lines.suffix(20) : shown).map { "  \($0)" }.joined(separator: "\n")
    }
}
