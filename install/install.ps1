# Installs dawscribe for the user who runs this, on Windows:
#   powershell -ExecutionPolicy Bypass -File install\install.ps1 [-Uninstall]
# Program and environment go to .dawscribe in the user's folder (or DAWSCRIBE_HOME); -Uninstall keeps models, settings and jobs.
param([switch]$Uninstall)
$ErrorActionPreference = "Stop"
$here = Split-Path -Parent $PSScriptRoot
$dawscribe = if ($env:DAWSCRIBE_HOME) { $env:DAWSCRIBE_HOME } else { Join-Path $HOME ".dawscribe" }
$app = Join-Path $dawscribe "app"
$venv = Join-Path $dawscribe "env"
$bin = Join-Path $venv "Scripts"
$python = Join-Path $bin "python.exe"
$program = Join-Path $bin "dawscribe.exe"

function Stop-With([string]$text) { Write-Host "dawscribe: $text"; exit 1 }

function Invoke-Checked([string]$complaint, [string]$program) {
    & $program @args
    if ($LASTEXITCODE -ne 0) { Stop-With $complaint }
}

# What a program prints; $LASTEXITCODE says whether it went well. Where its errors are redirected, Windows PowerShell
# takes the first of them for one of its own, which "Stop" would make the end of this script.
function Get-Words([string]$called) {
    $ErrorActionPreference = "Continue"
    & $called @args 2>&1 | ForEach-Object { "$_" }
}

function Test-Program([string]$called) {
    if (-not (Get-Command $called -ErrorAction SilentlyContinue)) { return $false }
    Get-Words $called @args | Out-Null
    $LASTEXITCODE -eq 0
}

# Takes out again what "dawscribe setup $target" has put in.
function Remove-Setup([string]$target) {
    $words = (Get-Words $program "setup" $target "--uninstall") -join " "
    if ($LASTEXITCODE -eq 0) { return }
    # Said before anything is gone: once the DAW is closed, the same call takes out all of it.
    if ($words -like "* is running *") { Stop-With ($words -replace "^dawscribe: ", "") }
    # Else there is no such DAW here.
    if ($words -notlike "* found; start *") { Write-Host $words }
}

# A program that has just ended holds its files a moment longer.
function Remove-Whole([string]$path) {
    for ($try = 1; Test-Path -LiteralPath $path; $try++) {
        if ($try -gt 20) { Stop-With "$path is in use; close your DAW and what else runs dawscribe, then run this again." }
        if ($try -gt 1) { Start-Sleep -Milliseconds 250 }
        Remove-Item -Recurse -Force -LiteralPath $path -ErrorAction SilentlyContinue
    }
}

# Whether there is nothing at a path, or an empty folder.
function Test-Free([string]$path) {
    -not (Test-Path -LiteralPath $path) -or ((Test-Path -LiteralPath $path -PathType Container) -and -not (Get-ChildItem -Force -LiteralPath $path | Select-Object -First 1))
}

# Whether a folder is of our making, so that it may be removed: a Python environment, or a copy of dawscribe.
function Test-Environment([string]$path) { Test-Path -LiteralPath (Join-Path $path "pyvenv.cfg") }

function Test-Copy([string]$path) {
    $project = Join-Path $path "pyproject.toml"
    (Test-Path -LiteralPath (Join-Path $path "bridge")) -and (Test-Path -LiteralPath $project) -and [bool](Select-String -LiteralPath $project -SimpleMatch -Quiet 'name = "dawscribe"')
}

function Get-UserPath { [Environment]::GetEnvironmentVariable("Path", "User") -split ";" | Where-Object { $_ } }

function Set-UserPath([string[]]$folders) { [Environment]::SetEnvironmentVariable("Path", ($folders -join ";"), "User") }

$isInstalled = Test-Program $program "--version"

if ($Uninstall) {
    if ($isInstalled) {
        foreach ($target in "reaper", "ardour", "service") { Remove-Setup $target }
        Get-Words $program "stop" | Out-Null
    }
    # Nothing goes that this script has not put there.
    $kept = @()
    if (Test-Copy $app) { Remove-Whole $app } elseif (-not (Test-Free $app)) { $kept += $app }
    if (Test-Environment $venv) { Remove-Whole $venv } elseif (-not (Test-Free $venv)) { $kept += $venv }
    if ($kept) { Stop-With "$($kept -join ' and ') is not of dawscribe's making and stays; is $dawscribe really its home?" }
    $folders = @(Get-UserPath)
    if ($folders -contains $bin) { Set-UserPath ($folders -ne $bin) }
    Write-Host "dawscribe is removed; models, settings and jobs are still in $dawscribe."
    exit 0
}

# A daemon that ran on would start its next worker from files of another version, and Windows replaces none that are in use.
$wasRunning = $isInstalled -and (Test-Program $program "status")
if ($wasRunning) {
    Write-Host "Stopping the daemon for as long as this takes ..."
    Get-Words $program "stop" | Out-Null
}

if (-not (Test-Free $app) -and -not (Test-Copy $app) -and (Test-Path -LiteralPath (Join-Path $app "bridge"))) {
    Stop-With "$app holds something else than dawscribe; set DAWSCRIBE_HOME to a folder of its own."
}
if (-not (Test-Path $python) -and -not (Test-Free $venv) -and -not (Test-Environment $venv)) {
    Stop-With "$venv holds something else than a Python environment; set DAWSCRIBE_HOME to a folder of its own."
}
New-Item -ItemType Directory -Force $app | Out-Null
# Run from the installed copy it repairs the rest: what would be copied is what would be removed for it.
$parts = if ((Resolve-Path $here).Path -eq (Resolve-Path $app).Path) { @() } else { "bridge", "daw_scripts", "install", "pyproject.toml", "README.md", "LICENSE" }
foreach ($part in $parts) {
    $target = Join-Path $app $part
    Remove-Whole $target
    Copy-Item -Recurse (Join-Path $here $part) $target
}

if (-not (Test-Path $python)) {
    $version = "3.12", "3.11", "3.10", "3.13" | Where-Object { Test-Program "py" "-$_" "-c" "import venv" } | Select-Object -First 1
    if (-not $version) { Stop-With "No Python 3.10 to 3.13 with the launcher 'py' was found; install Python 3.12 and run this again." }
    Invoke-Checked "The environment $venv could not be made." "py" "-$version" -m venv $venv
}
$offline = "could not be installed; check the internet connection and run this again."
Invoke-Checked "The packages $offline" $python -m pip install --quiet --no-deps --require-hashes -r (Join-Path $app "install\requirements.txt")
Invoke-Checked "dawscribe itself $offline" $python -m pip install --quiet --no-deps --no-build-isolation --editable $app
Invoke-Checked "The models are missing; run this again when the internet connection works." $program models fetch

$folders = @(Get-UserPath)
if ($folders -notcontains $bin) { Set-UserPath ($folders + $bin) }
if ($wasRunning -and -not (Test-Program $program "daemon" "--detach")) {
    Write-Host "The daemon was stopped and did not start again; 'dawscribe daemon --detach' says why."
}
Write-Host "dawscribe is installed. In a new window, with your DAW closed: dawscribe setup reaper"
