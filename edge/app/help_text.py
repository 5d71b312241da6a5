"""What `edge-classify --help` prints: `edge.app.arguments`, written out; a test compares the two."""

# ruff: noqa: E501
HELP = """\
usage: edge-classify [-h] [--model FILE] [--format {text,json,ndjson,csv,html}] [--out FILE]
                     [--explain DIR] [--jobs N] [--engine {auto,litert,tflite-runtime,onnxruntime}]
                     [--provider {auto,cpu,cuda,tensorrt}] [--threads N] [--max-pixels N]
                     [--frame N] [--null] [--watch DIR] [--settle S] [--self-test] [--doctor]
                     [--version]
                     [PATH ...]

Classify brain-MRI scans with an exported model. Research software, not a medical device: not for diagnosis or treatment.

positional arguments:
  PATH                  image file, folder to search for image files, pattern ('scans/**/*.png'), or
                        - for names on standard input, one a line

options:
  -h, --help            show this help message and exit
  --model FILE          exported .tflite or .onnx model (default: the bundled one:
                        edge/models/NOTICE.md)
  --format {text,json,ndjson,csv,html}
                        of the results (default: text)
  --out FILE            write the results to FILE, once they are whole; with --watch, append to it
                        (default: standard output)
  --explain DIR         write a PNG for each scan there: where the model sees a tumor, by its own
                        heat map; without one, by covering the scan piece by piece, 145 times as
                        long as the verdict
  --jobs N              scans in work at a time, each with its own engine (default: 2 where there
                        are two cores, so that one is decoded while another is classified)
  --engine {auto,litert,tflite-runtime,onnxruntime}
                        inference engine (default: auto, the first installed one that runs the
                        model)
  --provider {auto,cpu,cuda,tensorrt}
                        what ONNX Runtime computes on, falling back with a warning (default: auto,
                        CUDA where it is there, else the processor)
  --threads N           of each engine, or auto: measure at the start which number is fastest
                        (default: 1, which holds its pace on a busy machine)
  --max-pixels N        refuse scans with more pixels, width x height (default: 64 million)
  --frame N             which frame or page, from 1, of files with several (default: refuse them)
  --null                names on standard input end in NUL (find -print0)
  --watch DIR           classify each file that is put there, until stopped; results as ndjson, each
                        on disk (in --out, default: .mri-edge-results.ndjson in DIR) before it is
                        printed
  --settle S            with --watch: a file is whole when unchanged for S seconds (default: 2)
  --self-test           check the model's hash and replay its golden sample on every installed
                        engine
  --doctor              tell what this board is, which engines it has, and how to install what is
                        missing
  --version             show program's version number and exit

exit status: 0 every scan was classified; 1 at least one could not be read or was
rejected, or its picture could not be written (the others are still classified), or the self-test
failed; 2 wrong usage, no usable model or engine; 130 interrupted.

Results go to standard output, everything else to standard error.
"""
