import Foundation
import Support

/// The built program, run as a person runs it.
struct Program {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The program lies beside the test bundle.
    static let url = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        .appending(path: "modelhost")

    /// Runs it to its end.
    ///
    /// - Parameter input: what is typed into it; nothing where nil.
    static func run(_ arguments: [String], folder: TemporaryFolder? = nil, input: String? = nil) async throws -> Outcome {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder.url }
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        let typed = input.map { _ in Pipe() }
        process.standardInput = typed ?? FileHandle.nullDevice
        try process.run()
        if let input, let typed {
            try typed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try typed.fileHandleForWriting.close()
        }
        async let outputBytes = read(output)
        async let errorBytes = read(errors)
        let texts = await (String(decoding: outputBytes, as: UTF8.self), String(decoding: errorBytes, as: UTF8.self))
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: texts.0, errors: texts.1)
    }

    private static func read(_ pipe: Pipe) async -> Data {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile())
            }
        }
    }
}
