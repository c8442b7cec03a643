package import HostCore

extension ModelSource {
    /// Whether it is a folder, or a link to one.
    package var isFolder: Bool { RealPath.of(path).flatMap(FolderEntry.init)?.kind == .folder }
}
