package import HostCore

/// The files of this machine, for loaders that bring a format of their own.
package struct MappedFiles: ModelFiles {
    package init() {}

    package func map(_ path: String) throws(LoadError) -> any ByteRegion { try MappedFile(path: path) }

    package func checkpoint(at path: String) throws(LoadError) -> any Checkpoint {
        try CheckpointReader.openTensors(path: path)
    }
}
