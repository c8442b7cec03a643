import Dispatch
import HostCore
import Synchronization

/// Finds or makes the libraries of extensions, side by side.
struct ExtensionLibraries: Sendable {
    let folder: ExtensionFolder
    let compiler: ExtensionCompiler

    /// The library of one extension, and how it came: `compiled`, `cached` or `prebuilt`.
    struct Library: Sendable {
        let contents: ExtensionFolder.Contents
        let path: String
        let origin: String
    }

    /// In the order of the names; as many compilers run at a time as there are cores.
    func all(of names: [String]) -> [Result<Library, ExtensionError>] {
        let found = Mutex<[Int: Result<Library, ExtensionError>]>([:])
        DispatchQueue.concurrentPerform(iterations: names.count) { number in
            let library = Result { () throws(ExtensionError) in try self.library(of: names[number]) }
            found.withLock { $0[number] = library }
        }
        return found.withLock { found in found.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Sources are compiled where that is possible; else what was built before serves.
    private func library(of name: String) throws(ExtensionError) -> Library {
        let contents = try folder.contents(of: name)
        if !contents.sources.isEmpty, compiler.obstacle == nil || contents.library == nil {
            let product = try compiler.library(of: contents)
            return Library(contents: contents, path: product.path, origin: product.wasCached ? "cached" : "compiled")
        }
        guard let library = contents.library else {
            throw ExtensionError(.notFound, contents.name, "has neither Swift files nor a library")
        }
        try FileTrust.check(library, of: contents.name)
        return Library(contents: contents, path: library, origin: "prebuilt")
    }
}
