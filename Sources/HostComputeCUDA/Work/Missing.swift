import CHostCUDA
func cuda_launch_finite(_ a: FiniteArguments) -> CUDALaunch { CUDALaunch() }
func cuda_launch_gather(_ a: GatherArguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_split(_ a: SplitArguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_multiply_each(_ a: MultiplyEachArguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_normalize(_ a: NormalizeArguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_mix(_ a: MixArguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_shift(_ a: ShiftArguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_wkv4_chunks(_ a: WKV4Arguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_wkv4(_ a: WKV4Arguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_wkv6(_ a: WKV6Arguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
func cuda_launch_wkv7(_ a: WKV7Arguments, _ rows: CInt) -> CUDALaunch { CUDALaunch() }
