// Asks the public conformance suite which tests it has, and runs them by the suite's own process; one JSON value a line.
//
//   node suite.js list SUITE OPTIONS    ["describe …", "describe …", "it …"] for each test, none of them run
//   node suite.js run  SUITE OPTIONS    {"test": […], "outcome": "passed"} for each outcome as it comes, also failed (with
//                                       "why") and pending; a test may have several
//
// OPTIONS is what the suite's runner takes, as JSON: xapiVersion, endpoint, basicAuth, authUser, authPass, grep.
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const path = require('path');

const [mode, suite, given] = process.argv.slice(2);
const options = JSON.parse(given);

function tell(value) {
    process.stdout.write(JSON.stringify(value) + '\n');
}

function list() {
    const folder = require(path.join(suite, 'specConfig.js')).specToFolder[options.xapiVersion];
    process.env.DIRECTORY = folder;
    process.env.LRS_ENDPOINT = options.endpoint;
    process.env.XAPI_VERSION = options.xapiVersion;
    process.env.BASIC_AUTH_ENABLED = options.basicAuth;
    process.env.BASIC_AUTH_USER = options.authUser;
    process.env.BASIC_AUTH_PASSWORD = options.authPass;
    process.chdir(suite);
    const Mocha = require(path.join(suite, 'node_modules', 'mocha'));
    const mocha = new Mocha({});
    const tests = path.join(suite, 'test', folder);
    fs.readdirSync(tests).filter((file) => file.endsWith('.js')).forEach((file) => mocha.addFile(path.join(tests, file)));
    mocha.loadFiles();
    const wanted = options.grep ? new RegExp(options.grep) : /(?:)/;
    const walk = (one, above) => {
        one.tests.filter((test) => wanted.test(test.fullTitle())).forEach((test) => tell([...above, test.title]));
        one.suites.forEach((inner) => walk(inner, [...above, inner.title]));
    };
    walk(mocha.suite, []);
    // some of the suite's files have begun to ask the server, and would go on
    process.stdout.write('', () => process.exit(0));
}

function run() {
    const runner = childProcess.fork(path.join(suite, 'bin', 'lrs-test.js'), [], {
        cwd: suite, execArgv: ['--no-deprecation'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let above = [];
    const take = {
        'ready': () => runner.send({action: 'runTests', payload: options}),
        // the outermost suite has no title
        'suite start': (title) => { if (title) above.push(title); },
        'suite end': (title) => { if (title) above.pop(); },
        'test pass': (title) => tell({test: [...above, title], outcome: 'passed'}),
        'test fail': ({title, message}) => tell({test: [...above, title], outcome: 'failed', why: message}),
        'pending': (title) => tell({test: [...above, title], outcome: 'pending'}),
    };
    runner.on('message', ({action, payload}) => { if (take[action]) take[action](payload); });
    runner.on('exit', (status) => process.stdout.write('', () => process.exit(status === null ? 1 : status)));
    process.on('SIGTERM', () => { runner.kill('SIGKILL'); process.exit(1); });
}

({list, run})[mode]();
