"""What `edge-classify --help` prints: `edge.app.arguments`, written out; a test compares the two."""

# ruff: noqa: E501
HELP = """\
usage: edge-classify PATH ... [options]
       edge-classify --watch DIR [options]
       edge-classify --serve [HOST:PORT] [options]
       edge-classify --scp [AET@]HOST:PORT --spool DIR [options]
       edge-classify --dicomweb URL --spool DIR --study UID | --since DATE [options]
       edge-classify --query-retrieve AET@HOST:PORT --spool DIR --study UID | --since DATE [options]
       edge-classify --send-results AET@HOST:PORT | --stow URL --queue DIR
       edge-classify --self-test | --doctor [options]

Classify brain-MRI scans with an exported model. Research software, not a medical device: not for diagnosis or treatment.

input:
  PATH                  image file, folder to search for image files, pattern ('scans/**/*.png'),
                        URL of one of these (s3, gs, az, https, zip://MEMBER::ARCHIVE), or - for
                        names on standard input, one a line (required, but with --watch, --serve,
                        --scp, --dicomweb, --query-retrieve, --self-test, --doctor)
  --null                names on standard input end in NUL, as find -print0 writes them (default: in
                        a newline)
  --frame N             which frame or page, from 1, of files with several (default: refuse them)
  --series              the slices of a series are one thing: a DICOM series, the pages of a file, a
                        NIfTI volume, else a folder; a verdict a slice and one for the series
                        (default: single scans)
  --max-pixels N        refuse scans with more pixels, width x height (default: 64 million)

output:
  --format {text,json,ndjson,csv,html,parquet}
                        of the results; parquet needs --out and the extra parquet (default: by the
                        end of --out's name, as .csv; without one text, with --resume ndjson)
  --out FILE            write the results to FILE, once they are whole; with --watch or --scp,
                        append to it (default: standard output)
  --explain DIR         write a PNG for each scan there: where the model sees a tumor, by its own
                        heat map; without one, by covering the scan piece by piece, 145 times as
                        long as the verdict (default: none)

model:
  --model FILE          exported .tflite or .onnx model (default: the bundled one:
                        edge/models/NOTICE.md)
  --trust DIR           folder of the public keys whose models are taken, and of a policy (default:
                        /etc/mri-edge/trust if there is one, beside which no other is taken)
  --signature {require,warn,off}
                        of the model: require a trusted key's, warn if there is none, or off; never
                        weakens the trust store's policy (default: that policy, warn without one;
                        off without a store)
  --engine {auto,litert,tflite-runtime,onnxruntime,openvino}
                        inference engine (default: auto, the first installed one that runs the
                        model, in this order)
  --provider {auto,cpu,cuda,tensorrt}
                        what ONNX Runtime computes on, falling back with a warning (default: auto,
                        CUDA where it is there, else the processor)

speed:
  --jobs N              scans in work at a time, each with its own engine (default: 2 where there
                        are two cores, so that one is decoded while another is classified)
  --threads N           threads of each engine, or auto: measure at the start which number is
                        fastest (default: 1, which holds its pace on a busy machine)

many scans:
  --resume              each result is in --out as soon as it is known, and the same command goes on
                        after whatever ended it: no file twice, none lost; a scan that ends its
                        process twice gets an error (default: --out is written when all is done)
  --shard I/N           only part I, from 0, of N, by a hash of each path below PATH: the same on
                        each machine, whose number it is (default: all)
  --timeout S           with --resume: a scan that takes more than S seconds ends its process
                        (default: 300)
  --cluster ADDRESS     with --resume: classify on the workers of the Dask scheduler there, as
                        tcp://host:8786; local starts one here, with --jobs workers (default:
                        processes of this machine)

service:
  --watch DIR           classify each file that is put there, until stopped; results as ndjson, each
                        on disk (in --out; without, in .mri-edge-results.ndjson in DIR) before it is
                        printed (default: classify PATH once)
  --settle S            with --watch: a file is whole when unchanged for S seconds; with --scp: a
                        study is judged when no slice of it came for S seconds (default: 2, with
                        --scp 30)

page:
  --serve [HOST:PORT]   a web page to drop scans on, and a JSON API, until stopped; other addresses
                        than this machine's own need --token-file (default: none; 127.0.0.1:8080 if
                        no address is given)
  --token-file FILE     with --serve: callers must send the token that is its first line, 20
                        characters or more (default: none)
  --server-name NAME    with --serve: a further name that the server may be called by, as of a
                        proxy; may be given again (default: its address, localhost or the machine's
                        name)

network:
  --scp [AET@]HOST:PORT
                        receive slices by DICOM C-STORE there until stopped, each on disk before it
                        is acknowledged, and classify them as --watch does; with AET, only who calls
                        that AE title (default: receive nothing)
  --dicomweb URL        have the MR slices of studies from an archive's DICOMweb services, and
                        classify them (default: ask nobody)
  --query-retrieve AET@HOST:PORT
                        the same by C-FIND and C-GET; with --scp by C-MOVE to it (default: ask
                        nobody)
  --study UID           which study to have (default: see --since)
  --since DATE          have all studies of that day and later, as 2026-11-28 (default: see --study)
  --spool DIR           folder where slices that come are kept, as STUDY/INSTANCE.dcm (required with
                        --scp, --dicomweb, --query-retrieve)
  --allow-aet AET [AET ...]
                        with --scp: take associations from these AE titles only (default: any)
  --allow-host ADDRESS [ADDRESS ...]
                        with --scp: take connections from these addresses or networks only, as
                        192.168.1.0/24 (default: any)
  --tls-cert FILE       certificate of this node in PEM; --scp then takes TLS only, and --query-
                        retrieve and --send-results speak it (default: no TLS)
  --tls-key FILE        its private key in PEM (default: no TLS)
  --tls-ca FILE         certificates in PEM, one of which must have signed the other side's
                        (default: who sends to --scp needs none, an archive needs one that the
                        system trusts)

archive:
  --send-results AET@HOST:PORT
                        with --series, --scp, --dicomweb, --query-retrieve: send a structured report
                        of each study, and heat maps of slices called tumor or uncertain, to that
                        archive by C-STORE; alone: send what waits (default: nothing is sent)
  --stow URL            the same to a DICOMweb service by STOW-RS (default: nothing is sent)
  --queue DIR           folder where what is to be sent waits until the archive has it; holds data
                        of patients (required with --send-results and --stow)

checks:
  --self-test           check the model's hash and who vouches for it, and replay its golden sample,
                        its verdicts and its gate, on every installed engine (default: no)
  --doctor              tell what this board is, which engines it has, and how to install what is
                        missing (default: no)

about:
  -h, --help            show this text and end
  --version             show the version and end

exit status: 0 every scan was classified; 1 at least one could not be read or was
rejected, or its picture could not be written (the others are still classified), or the self-test
failed; 2 wrong usage, no usable model or engine; 130 interrupted.

Results go to standard output, everything else to standard error.
"""
